package dev.batchexports.embedded.clickhouse;

import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// The settings and query parameters that a request carries in its URL.
final class QuerySettings {
    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_.]*");

    /// URL parameters that are for the HTTP interface itself; every other one is a setting.
    private static final Set<String> NOT_SETTINGS = Set.of(
            "buffer_size",
            "client_protocol_version",
            "close_session",
            "compress",
            "database",
            "decompress",
            "default_format",
            "password",
            "query",
            "query_id",
            "quota_key",
            "readonly",
            "role",
            "session_check",
            "session_id",
            "session_timeout",
            "stacktrace",
            "user",
            "wait_end_of_query");

    private QuerySettings() {}

    /// Sets everything on the request's connection.
    ///
    /// @param formParameters query parameters beside those of the URL
    /// @throws ClickHouseError if a setting is unknown or the database does not exist
    static void apply(HttpRequest request, Map<String, String> formParameters, Chdb.Connection connection) {
        Map<String, String> parameters = request.parameters();
        String assignments = parameters.entrySet().stream()
                .filter(entry -> !NOT_SETTINGS.contains(entry.getKey()))
                .map(entry -> name(entry.getKey()) + " = " + Sql.text(entry.getValue()))
                .collect(Collectors.joining(", "));
        if (!assignments.isEmpty()) {
            run(connection, "SET " + assignments);
        }
        // One statement for each: together they may be longer than a statement may.
        formParameters.forEach((name, value) -> run(connection, "SET " + name(name) + " = " + Sql.text(value)));
        request.parameter("database")
                .or(() -> request.header("X-ClickHouse-Database"))
                .filter(database -> !database.isEmpty())
                .ifPresent(database -> run(connection, "USE " + Sql.name(database)));
    }

    /// The statements that a request may run: one with `readonly`, or without the right method, changes nothing.
    ///
    /// @throws ClickHouseError if the statement is not among them
    static void requirePermitted(HttpRequest request, Statement statement) {
        boolean readsOnly = !request.parameter("readonly").orElse("0").equals("0");
        if (request.method().equals("GET") && !statement.kind().readsOnly()) {
            throw new ClickHouseError(
                    164,
                    "Cannot execute query in readonly mode. For queries over HTTP, method GET implies readonly. You"
                            + " should use method POST for modifying queries",
                    "READONLY");
        }
        if (readsOnly && !statement.kind().readsOnly()) {
            throw new ClickHouseError(164, "Cannot execute query in readonly mode", "READONLY");
        }
    }

    private static String name(String name) {
        if (!NAME.matcher(name).matches()) {
            throw new ClickHouseError(115, "Unknown setting '" + name + "'", "UNKNOWN_SETTING");
        }
        return name;
    }

    private static void run(Chdb.Connection connection, String sql) {
        connection.query(sql, "Null").error().ifPresent(message -> {
            throw new ClickHouseError(message);
        });
    }
}
