package dev.batchexports.endtoend;

import dev.batchexports.core.interval.Interval;
import dev.batchexports.testkit.SnowflakeStandIn;
import java.net.InetSocketAddress;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.UUID;
import java.util.logging.Level;
import java.util.logging.Logger;
import tools.jackson.databind.JsonNode;

/// A table in the stand-in for Snowflake, read with the official driver.
final class SnowflakeTarget implements Target {
    /// Who exports.
    static final SnowflakeStandIn.User USER = new SnowflakeStandIn.User("EXPORTER", "password-of-campaigns", "");

    /// The reference keeps it off.
    private static final Logger DRIVER_LOG = Logger.getLogger("net.snowflake");

    private final InetSocketAddress address;
    private final String name;
    private final Map<String, Object> export;

    /// @param address of the stand-in itself, for reading
    /// @param port on 127.0.0.1, for the export
    SnowflakeTarget(Installation installation, String name, InetSocketAddress address, int port) {
        DRIVER_LOG.setLevel(Level.OFF);
        this.address = address;
        this.name = name;
        Map<String, Object> config = new LinkedHashMap<>();
        config.put("account", SnowflakeStandIn.ACCOUNT);
        config.put("user", USER.name());
        config.put("authentication_type", "password");
        config.put("password", USER.password());
        config.put("role", SnowflakeStandIn.ROLE);
        config.put("database", SnowflakeStandIn.DATABASE);
        config.put("schema", SnowflakeStandIn.SCHEMA);
        config.put("warehouse", SnowflakeStandIn.WAREHOUSE);
        config.put("table_name", name);
        config.put("endpoint_url", "http://127.0.0.1:" + port);
        export = installation.hourlyExport(name);
        export.put("rerun_mode", "replace");
        export.put("destination", Map.of("type", "Snowflake", "config", config));
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
        List<String> committed = column(
                "SELECT \"interval_start\" AS \"value\" FROM \"_batch_exports_ledger\" WHERE \"committed_at\" IS NOT NULL AND \"table_name\" = '%s'"
                        .formatted(name));
        all.stream()
                .filter(interval -> committed.contains(interval.start().toString()))
                .forEach(interval -> found.put(interval, new ArrayList<>()));
        for (Map<String, String> values : query("""
                SELECT "uuid", "event", "distinct_id", "person_id", "properties" FROM "%s"
                WHERE "inserted_at" >= '%s' AND "inserted_at" < '%s'
                """.formatted(
                name, literal(all.getFirst().start()), literal(all.getLast().end())))) {
            Interval interval = intervals.get(UUID.fromString(values.get("uuid")));
            if (interval != null) {
                JsonNode properties = Api.JSON.readTree(values.get("properties"));
                found.computeIfAbsent(interval, _ -> new ArrayList<>())
                        .add(String.join(
                                "\t",
                                values.get("uuid"),
                                values.get("event"),
                                values.get("distinct_id"),
                                values.get("person_id"),
                                properties.path("n").asString(""),
                                properties.path("text").asString("")));
            }
        }
        return found;
    }

    private static String literal(Instant time) {
        return time.toString().replace("T", " ").replace("Z", "");
    }

    @Override
    public Set<String> codesToMend() {
        return Set.of("Snowflake.390100");
    }

    @Override
    public List<String> leftovers() {
        return query("LIST '@~/batch-exports/'").stream()
                .map(file -> "the file " + file.get("name") + " is still on the stage")
                .toList();
    }

    private List<String> column(String sql) {
        return query(sql).stream().map(row -> row.get("value")).toList();
    }

    private List<Map<String, String>> query(String sql) {
        Properties properties = new Properties();
        properties.setProperty("account", SnowflakeStandIn.ACCOUNT);
        properties.setProperty("user", USER.name());
        properties.setProperty("password", USER.password());
        properties.setProperty("role", SnowflakeStandIn.ROLE);
        properties.setProperty("db", SnowflakeStandIn.DATABASE);
        properties.setProperty("schema", SnowflakeStandIn.SCHEMA);
        properties.setProperty("warehouse", SnowflakeStandIn.WAREHOUSE);
        properties.setProperty("ssl", "off");
        properties.setProperty("disablePlatformDetection", "true");
        properties.setProperty("CLIENT_TELEMETRY_ENABLED", "false");
        properties.setProperty("JDBC_QUERY_RESULT_FORMAT", "JSON");
        try (Connection connection = DriverManager.getConnection(
                        "jdbc:snowflake://http://127.0.0.1:" + address.getPort() + "/", properties);
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            ResultSetMetaData columns = result.getMetaData();
            List<Map<String, String>> rows = new ArrayList<>();
            while (result.next()) {
                Map<String, String> row = new HashMap<>();
                for (int column = 1; column <= columns.getColumnCount(); column++) {
                    row.put(columns.getColumnLabel(column), result.getString(column));
                }
                rows.add(row);
            }
            return rows;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
