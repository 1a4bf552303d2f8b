package dev.batchexports.server.commands;

import dev.batchexports.embedded.Connections;
import java.net.URI;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;

/// A database of the embedded PostgreSQL, for rows that the demo exports: apart from the one that the
/// server keeps its metadata in.
final class DemoDatabase {
    private static final String NAME = "exports";

    private final Connections connections;
    private final URI server;

    private DemoDatabase(Connections connections) {
        this.connections = connections;
        this.server = URI.create(connections.databaseUrl().substring("jdbc:".length()));
    }

    /// Creates it when it is missing.
    ///
    /// @throws IllegalStateException when the embedded PostgreSQL was not started
    static DemoDatabase create(Connections connections) {
        if (connections.databaseUrl().isEmpty()) {
            throw new IllegalStateException("The demo exports to the embedded PostgreSQL: unset BX_DATABASE_URL.");
        }
        DemoDatabase database = new DemoDatabase(connections);
        try (Connection connection = database.connect(connections.databaseUrl());
                Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery("SELECT 1 FROM pg_database WHERE datname = '" + NAME + "'")) {
            if (!found.next()) {
                statement.execute("CREATE DATABASE " + NAME);
            }
            return database;
        } catch (SQLException e) {
            throw new IllegalStateException("The database " + NAME + " cannot be created.", e);
        }
    }

    String url() {
        return "postgresql://" + server.getHost() + ":" + server.getPort() + "/" + NAME;
    }

    /// The parameters of an export to it.
    Map<String, Object> configuration(String table) {
        return Map.of(
                "host", server.getHost(),
                "port", server.getPort(),
                "user", connections.databaseUser(),
                "password", connections.databasePassword(),
                "database", NAME,
                "table_name", table,
                "sslmode", "disable");
    }

    /// What is in a table of what landed within `[start, end)`; the fingerprint is that of [ReadBack], in
    /// PostgreSQL's words.
    ReadBack.Content content(String table, Instant start, Instant end) {
        try (Connection connection = connect("jdbc:" + url());
                PreparedStatement statement = connection.prepareStatement("SELECT count(*), count(DISTINCT uuid),"
                        + " coalesce(sum(('x' || substr(md5(uuid::text), 1, 15))::bit(60)::bigint), 0) FROM " + table
                        + " WHERE inserted_at >= ? AND inserted_at < ?")) {
            statement.setObject(1, start.atOffset(ZoneOffset.UTC));
            statement.setObject(2, end.atOffset(ZoneOffset.UTC));
            try (ResultSet result = statement.executeQuery()) {
                result.next();
                return new ReadBack.Content(result.getLong(1), result.getLong(2), result.getString(3));
            }
        } catch (SQLException e) {
            throw new IllegalStateException("The table " + table + " cannot be counted.", e);
        }
    }

    private Connection connect(String url) throws SQLException {
        return DriverManager.getConnection(url, connections.databaseUser(), connections.databasePassword());
    }
}
