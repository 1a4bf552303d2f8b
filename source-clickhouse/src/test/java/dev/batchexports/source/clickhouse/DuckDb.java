package dev.batchexports.source.clickhouse;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/// Reads exported files with a program that has nothing in common with the one that wrote them.
final class DuckDb implements AutoCloseable {
    private final Path folder;
    private final Connection connection;

    DuckDb(Path folder) {
        this.folder = folder;
        try {
            this.connection = DriverManager.getConnection("jdbc:duckdb:");
            rows("SET TimeZone = 'UTC'");
        } catch (SQLException failure) {
            throw new IllegalStateException(failure);
        }
    }

    /// Puts bytes where [#rows] can read them.
    ///
    /// @return the file's name as an SQL literal
    String file(String name, byte[] bytes) {
        try {
            Path file = Files.write(folder.resolve(name), bytes);
            return "'" + file.toString().replace("'", "''") + "'";
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /// The rows of a query, values as text, joined by `|`.
    List<String> rows(String sql) {
        try (java.sql.Statement statement = connection.createStatement()) {
            List<String> rows = new ArrayList<>();
            if (statement.execute(sql)) {
                try (ResultSet result = statement.getResultSet()) {
                    int columns = result.getMetaData().getColumnCount();
                    while (result.next()) {
                        List<String> values = new ArrayList<>();
                        for (int column = 1; column <= columns; column++) {
                            values.add(String.valueOf(result.getString(column)));
                        }
                        rows.add(String.join("|", values));
                    }
                }
            }
            return rows;
        } catch (SQLException failure) {
            throw new IllegalStateException(failure);
        }
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException failure) {
            throw new IllegalStateException(failure);
        }
    }
}
