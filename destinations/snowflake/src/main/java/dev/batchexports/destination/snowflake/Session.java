package dev.batchexports.destination.snowflake;

import dev.batchexports.core.error.ExportException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Level;
import net.snowflake.client.api.driver.SnowflakeDriver;
import net.snowflake.client.api.statement.SnowflakeStatement;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One session with Snowflake. Used by one thread.
///
/// Every call of the driver runs in a thread of its own, because the driver goes on, and even retries, when
/// its thread is interrupted. An interrupt of the caller cancels the statement and gives the session up.
final class Session implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Session.class);

    /// How long a call that was interrupted may take to notice.
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    /// Every failure comes as an exception too. A log that is off cannot hold a secret or a row; the reference
    /// keeps it off.
    private static final java.util.logging.Logger DRIVER_LOG = java.util.logging.Logger.getLogger("net.snowflake");

    static {
        DRIVER_LOG.setLevel(Level.OFF);
    }

    private final Connection connection;
    private final SnowflakeErrors errors;
    private final TableName table;
    private final AtomicReference<@Nullable Statement> running = new AtomicReference<>();
    private boolean isBroken;

    private interface Call<T extends @Nullable Object> {
        T run() throws SQLException;
    }

    /// A row of an answer: texts by the name of their column.
    record Row(Map<String, String> values) {
        /// @return empty for NULL and for a column that the answer has not
        Optional<String> find(String column) {
            return Optional.ofNullable(values.get(column));
        }

        String text(String column) {
            return find(column).orElseThrow(() -> new IllegalStateException("the answer has no " + column));
        }

        long number(String column) {
            return Long.parseLong(text(column));
        }
    }

    private Session(Connection connection, SnowflakeErrors errors, TableName table) {
        this.connection = connection;
        this.errors = errors;
        this.table = table;
    }

    static Session open(String url, Properties properties, SnowflakeErrors errors, TableName table)
            throws InterruptedException {
        AtomicBoolean isAbandoned = new AtomicBoolean();
        try {
            Connection connection = await(
                    () -> {
                        Connection opened = new SnowflakeDriver().connect(url, properties);
                        if (isAbandoned.get()) {
                            closeQuietly(opened);
                        }
                        return opened;
                    },
                    () -> isAbandoned.set(true));
            return new Session(connection, errors, table);
        } catch (SQLException e) {
            throw errors.translate(SnowflakeAction.LOG_IN, table, e);
        }
    }

    /// Runs a statement of which nothing but its success matters.
    void run(SnowflakeAction action, String sql) throws InterruptedException {
        List<Row> _ = query(action, sql);
    }

    /// Runs a statement and returns its answer, which has to be small.
    List<Row> query(SnowflakeAction action, String sql) throws InterruptedException {
        return query(action, table, sql);
    }

    /// @param about the table that the statement is about, for errors
    List<Row> query(SnowflakeAction action, TableName about, String sql) throws InterruptedException {
        try {
            return call(() -> execute(action, sql));
        } catch (SQLException e) {
            throw errors.translate(action, about, e);
        }
    }

    /// As [#query], but empty when what is asked for does not exist or is hidden from the role.
    Optional<List<Row>> queryIfThere(SnowflakeAction action, TableName about, String sql) throws InterruptedException {
        try {
            return Optional.of(call(() -> execute(action, sql)));
        } catch (SQLException e) {
            if (SnowflakeErrors.isMissing(e)) {
                return Optional.empty();
            }
            throw errors.translate(action, about, e);
        }
    }

    /// Uploads a file as it is, under its own name.
    ///
    /// @param folder on the user's stage
    void upload(Path file, String folder) throws InterruptedException {
        run(
                SnowflakeAction.UPLOAD,
                "PUT " + Sql.text("file://" + file) + " " + Sql.text("@~/" + folder)
                        + " AUTO_COMPRESS = FALSE SOURCE_COMPRESSION = NONE OVERWRITE = TRUE");
    }

    private List<Row> execute(SnowflakeAction action, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            running.set(statement);
            try (ResultSet result = statement.executeQuery(sql)) {
                LOG.debug("{} {}: query {}", action, table, queryId(statement));
                return rows(result);
            } finally {
                running.set(null);
            }
        }
    }

    private static List<Row> rows(ResultSet result) throws SQLException {
        ResultSetMetaData columns = result.getMetaData();
        List<Row> rows = new ArrayList<>();
        while (result.next()) {
            Map<String, String> values = new LinkedHashMap<>();
            for (int column = 1; column <= columns.getColumnCount(); column++) {
                String value = result.getString(column);
                if (value != null) {
                    values.put(columns.getColumnLabel(column), value);
                }
            }
            rows.add(new Row(values));
        }
        return rows;
    }

    private static String queryId(Statement statement) throws SQLException {
        return String.valueOf(statement.unwrap(SnowflakeStatement.class).getQueryID());
    }

    private <T extends @Nullable Object> T call(Call<T> call) throws SQLException, InterruptedException {
        try {
            return await(call, this::cancel);
        } catch (SQLException e) {
            isBroken |= !SnowflakeErrors.isMissing(e);
            throw e;
        }
    }

    /// Runs a call and waits for its end.
    ///
    /// @param onInterrupt what to do, without blocking, when the wait is interrupted
    private static <T extends @Nullable Object> T await(Call<T> call, Runnable onInterrupt)
            throws SQLException, InterruptedException {
        FutureTask<T> task = new FutureTask<>(call::run);
        Thread thread = Thread.ofVirtual().name("snowflake").start(task);
        try {
            return task.get();
        } catch (InterruptedException e) {
            onInterrupt.run();
            thread.interrupt();
            awaitBriefly(task);
            throw e;
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case SQLException failure -> throw failure;
                case ExportException failure -> throw failure;
                case RuntimeException failure -> throw new SQLException("The driver failed", failure);
                case null, default -> throw new IllegalStateException("a call ended in a way it never should", e);
            }
        }
    }

    /// What the call reads from must not be closed under it.
    private static void awaitBriefly(FutureTask<?> task) {
        try {
            Object _ = task.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException _) {
            LOG.debug("An interrupted call has failed or goes on in the background");
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void cancel() {
        isBroken = true;
        Statement statement = running.get();
        if (statement != null) {
            Thread.ofVirtual().start(() -> {
                try {
                    statement.cancel();
                } catch (SQLException e) {
                    LOG.debug("A statement could not be cancelled: {}", e.getErrorCode());
                }
            });
        }
    }

    /// Logs out. A session that failed logs out in the background, for that may take as long as its failure.
    @Override
    public void close() {
        if (isBroken || Thread.currentThread().isInterrupted()) {
            Thread.ofVirtual().start(() -> closeQuietly(connection));
            return;
        }
        closeQuietly(connection);
    }

    private static void closeQuietly(Connection connection) {
        try {
            connection.close();
        } catch (SQLException e) {
            LOG.debug("A session could not be closed: {}", e.getErrorCode());
        }
    }
}
