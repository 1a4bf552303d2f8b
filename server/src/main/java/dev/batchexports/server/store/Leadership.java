package dev.batchexports.server.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.springframework.dao.DataAccessResourceFailureException;

/// Lets one process at a time do something: whoever holds a session-level advisory lock of PostgreSQL,
/// on a connection of its own. A process that dies loses its session, and with it the lock.
public final class Leadership {
    private final DataSource database;
    private final long lock;

    /// @param lock a number that stands for what must not be done twice at once
    public Leadership(DataSource database, long lock) {
        this.database = database;
        this.lock = lock;
    }

    /// Executes the work, unless another process is at it.
    public void ifNobodyElse(Runnable work) {
        try (Connection connection = database.getConnection()) {
            if (!call(connection, "select pg_try_advisory_lock(?)")) {
                return;
            }
            try {
                work.run();
            } finally {
                call(connection, "select pg_advisory_unlock(?)");
            }
        } catch (SQLException e) {
            throw new DataAccessResourceFailureException("the lock cannot be asked for", e);
        }
    }

    private boolean call(Connection connection, String sql) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setLong(1, lock);
            try (ResultSet answer = statement.executeQuery()) {
                return answer.next() && answer.getBoolean(1);
            }
        }
    }
}
