package dev.batchexports.benchmarks;

import dev.batchexports.embedded.Connections;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/// The metadata database, from outside.
final class Metadata implements AutoCloseable {
    private final Connection connection;
    private final Path log;

    Metadata(Laboratory laboratory) {
        Connections connections = laboratory.connections();
        this.log = laboratory.logs().resolve("postgres.log");
        try {
            this.connection = DriverManager.getConnection(
                    connections.databaseUrl(), connections.databaseUser(), connections.databasePassword());
        } catch (SQLException failure) {
            throw unexpected(failure);
        }
    }

    /// The rows of a query as texts.
    List<List<String>> query(String sql) {
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            List<List<String>> rows = new ArrayList<>();
            int columns = result.getMetaData().getColumnCount();
            while (result.next()) {
                List<String> row = new ArrayList<>();
                for (int column = 1; column <= columns; column++) {
                    String text = result.getString(column);
                    row.add(text == null ? "" : text);
                }
                rows.add(row);
            }
            return rows;
        } catch (SQLException failure) {
            throw unexpected(failure);
        }
    }

    void run(String sql) {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException failure) {
            throw unexpected(failure);
        }
    }

    /// Has the database write down every statement, so that [#statements] can count them.
    void logStatements() {
        try (Statement statement = connection.createStatement()) {
            statement.execute("ALTER SYSTEM SET log_min_duration_statement = 0");
            statement.execute("SELECT pg_reload_conf()");
        } catch (SQLException failure) {
            throw unexpected(failure);
        }
    }

    /// The statements of other connections since the log was this long, each on a line.
    List<String> statements(long offset) {
        try {
            byte[] bytes = Files.readAllBytes(log);
            return new String(bytes, (int) offset, (int) (bytes.length - offset), StandardCharsets.UTF_8)
                    .replaceAll("\n\t *", " ")
                    .lines()
                    .filter(line -> line.contains("LOG:  duration:"))
                    .filter(line -> line.contains(" execute ") || line.contains(" statement: "))
                    .map(line -> line.replaceFirst(".*?(execute [^:]*|statement): ", "")
                            .strip())
                    .toList();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    long logLength() {
        try {
            return Files.size(log);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static IllegalStateException unexpected(SQLException failure) {
        return new IllegalStateException("The metadata database refused: " + failure.getMessage(), failure);
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException failure) {
            throw unexpected(failure);
        }
    }
}
