package dev.batchexports.endtoend;

import dev.batchexports.core.interval.Interval;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;

/// A table in PostgreSQL to which each interval is appended, so that a row too many would stay.
final class PostgresTarget implements Target {
    private static final String DATABASE = "exports_of_campaigns";
    /// Whose password expires now and then.
    private static final String USER = "exporter_of_campaigns";

    private static final String PASSWORD = "password-of-campaigns";

    private final Postgres postgres;
    private final String name;
    private final Map<String, Object> export;

    /// @param port of the server on 127.0.0.1
    PostgresTarget(Installation installation, String name, int port) {
        this.postgres = installation.postgres;
        this.name = name;
        postgres.ensureDatabase(DATABASE);
        if (!postgres.column(DATABASE, "SELECT rolname FROM pg_roles").contains(USER)) {
            postgres.execute(DATABASE, "CREATE ROLE %s LOGIN PASSWORD '%s'".formatted(USER, PASSWORD));
            postgres.execute(DATABASE, "ALTER DATABASE %s OWNER TO %s".formatted(DATABASE, USER));
        }
        export = installation.hourlyExport(name);
        export.put("rerun_mode", "replace");
        export.put("destination", postgres.destination(DATABASE, name, port, USER, PASSWORD));
    }

    /// From now on nobody can log in with it.
    static void expirePassword(Postgres postgres) {
        postgres.execute(Postgres.MAINTENANCE, "ALTER ROLE " + USER + " VALID UNTIL '2000-01-01'");
    }

    static void renewPassword(Postgres postgres) {
        postgres.execute(Postgres.MAINTENANCE, "ALTER ROLE " + USER + " VALID UNTIL 'infinity'");
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Map<String, Object> export() {
        return export;
    }

    @Override
    public Map<Interval, List<String>> rows(Map<UUID, Interval> intervals, List<Interval> all) {
        Map<Interval, List<String>> found = new HashMap<>();
        Set<String> committed = new TreeSet<>(postgres.column(
                DATABASE,
                "SELECT extract(epoch FROM interval_start)::bigint FROM _batch_exports_ledger WHERE committed_at IS NOT NULL AND replaced_by IS NULL AND table_name = '"
                        + name + "'"));
        for (Interval interval : all) {
            if (committed.contains(Long.toString(interval.start().getEpochSecond()))) {
                found.put(interval, new ArrayList<>());
            }
        }
        for (String row : postgres.column(
                DATABASE,
                "SELECT concat_ws(chr(9), uuid, event, distinct_id, person_id, properties->>'n', properties->>'text') FROM \"%s\" WHERE inserted_at >= '%s' AND inserted_at < '%s'"
                        .formatted(name, all.getFirst().start(), all.getLast().end()))) {
            Interval interval = intervals.get(UUID.fromString(row.substring(0, row.indexOf('\t'))));
            if (interval != null) {
                found.computeIfAbsent(interval, _ -> new ArrayList<>()).add(row);
            }
        }
        return found;
    }

    @Override
    public Set<String> codesToMend() {
        return Set.of("invalid_password");
    }

    @Override
    public List<String> leftovers() {
        return postgres.column(
                DATABASE,
                "SELECT 'the staging table ' || tablename || ' is still there' FROM pg_tables WHERE tablename ~ '^_batch_exports_[0-9a-f]{32}'");
    }
}
