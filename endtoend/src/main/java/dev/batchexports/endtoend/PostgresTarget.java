package dev.batchexports.endtoend;

import dev.batchexports.core.interval.Interval;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;

/// A table in PostgreSQL to which each interval is appended, so that a row too many would stay.
final class PostgresTarget implements Target {
    private static final String DATABASE = "exports_of_campaigns";

    private final Postgres postgres;
    private final String name;
    private final Map<String, Object> export;

    /// @param port of the server on 127.0.0.1
    PostgresTarget(Installation installation, String name, int port) {
        this.postgres = installation.postgres;
        this.name = name;
        postgres.ensureDatabase(DATABASE);
        export = installation.hourlyExport(name);
        export.put("rerun_mode", "replace");
        export.put("destination", postgres.destination(DATABASE, name, port));
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
    public Map<Interval, List<String>> rows(Map<UUID, Interval> intervals, Collection<Interval> all) {
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
                "SELECT concat_ws(chr(9), uuid, event, distinct_id, person_id, properties->>'n', properties->>'text') FROM \""
                        + name + "\"")) {
            Interval interval = intervals.get(UUID.fromString(row.substring(0, row.indexOf('\t'))));
            if (interval != null) {
                found.computeIfAbsent(interval, _ -> new ArrayList<>()).add(row);
            }
        }
        return found;
    }

    @Override
    public List<String> leftovers() {
        return postgres.column(
                DATABASE,
                "SELECT 'the staging table ' || tablename || ' is still there' FROM pg_tables WHERE tablename ~ '^_batch_exports_[0-9a-f]{32}'");
    }
}
