package dev.batchexports.endtoend;

import dev.batchexports.embedded.Connections;
import java.net.URI;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// The PostgreSQL of an installation, as its administrator sees it, and as a destination.
final class Postgres {
    /// A database that is always there.
    static final String MAINTENANCE = "postgres";

    private final Connections connections;

    Postgres(Connections connections) {
        this.connections = connections;
    }

    /// Where it listens on this machine.
    int port() {
        return URI.create(connections.databaseUrl().substring("jdbc:".length())).getPort();
    }

    /// Creates a database, unless it is there.
    void ensureDatabase(String name) {
        if (!column(MAINTENANCE, "SELECT datname FROM pg_database").contains(name)) {
            execute(MAINTENANCE, "CREATE DATABASE " + name);
        }
    }

    void execute(String database, String sql) {
        try (Connection connection = connect(database);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /// The first column of what a query returns, as text.
    List<String> column(String database, String sql) {
        try (Connection connection = connect(database);
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

    /// A destination for the API: a table in a database.
    ///
    /// @param port its own, or that of a proxy
    Map<String, Object> destination(String database, String table, int port) {
        return destination(database, table, port, connections.databaseUser(), connections.databasePassword());
    }

    Map<String, Object> destination(String database, String table, int port, String user, String password) {
        return Map.of(
                "type",
                "Postgres",
                "config",
                Map.of(
                        "host",
                        "127.0.0.1",
                        "port",
                        port,
                        "user",
                        user,
                        "password",
                        password,
                        "database",
                        database,
                        "table_name",
                        table,
                        "sslmode",
                        "disable"));
    }

    private Connection connect(String database) throws SQLException {
        return DriverManager.getConnection(
                connections.databaseUrl().replaceFirst("/[^/]*$", "/" + database),
                connections.databaseUser(),
                connections.databasePassword());
    }
}
