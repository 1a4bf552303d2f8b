package dev.batchexports.endtoend;

import dev.batchexports.core.interval.Interval;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
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
    static final String TYPE = "Postgres";

    private static final String DATABASE = "exports_of_campaigns";

    private final Installation installation;
    private final String name;
    private final Map<String, Object> export;

    /// @param port of the server on 127.0.0.1
    PostgresTarget(Installation installation, String name, int port) {
        this.installation = installation;
        this.name = name;
        if (!column(installation.connections.databaseUrl(), "SELECT datname FROM pg_database")
                .contains(DATABASE)) {
            execute(installation.connections.databaseUrl(), "CREATE DATABASE " + DATABASE);
        }
        export = installation.hourlyExport(name);
        export.put("rerun_mode", "replace");
        export.put(
                "destination",
                Map.of(
                        "type",
                        TYPE,
                        "config",
                        Map.of(
                                "host",
                                "127.0.0.1",
                                "port",
                                port,
                                "user",
                                installation.connections.databaseUser(),
                                "password",
                                installation.connections.databasePassword(),
                                "database",
                                DATABASE,
                                "table_name",
                                name,
                                "sslmode",
                                "disable")));
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
        Set<String> committed = new TreeSet<>(column(
                url(),
                "SELECT extract(epoch FROM interval_start)::bigint FROM _batch_exports_ledger WHERE committed_at IS NOT NULL AND replaced_by IS NULL AND table_name = '"
                        + name + "'"));
        for (Interval interval : all) {
            if (committed.contains(Long.toString(interval.start().getEpochSecond()))) {
                found.put(interval, new ArrayList<>());
            }
        }
        for (String row : column(
                url(),
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
        return column(
                url(),
                "SELECT 'the staging table ' || tablename || ' is still there' FROM pg_tables WHERE tablename ~ '^_batch_exports_[0-9a-f]{32}'");
    }

    private String url() {
        return installation.connections.databaseUrl().replaceFirst("/[^/]*$", "/" + DATABASE);
    }

    private void execute(String url, String sql) {
        try (Connection connection = connect(url);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private List<String> column(String url, String sql) {
        try (Connection connection = connect(url);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            List<String> column = new ArrayList<>();
            while (rows.next()) {
                column.add(rows.getString(1));
            }
            return column;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private Connection connect(String url) throws SQLException {
        return DriverManager.getConnection(
                url, installation.connections.databaseUser(), installation.connections.databasePassword());
    }
}
