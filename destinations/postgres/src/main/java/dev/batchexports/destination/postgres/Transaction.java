package dev.batchexports.destination.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;

/// Begins transactions whose outcome does not depend on how the server, the database or the role is set
/// up.
final class Transaction {
    private Transaction() {}

    /// Begins a transaction, with the first statement.
    static void begin(Connection connection) throws SQLException {
        connection.setAutoCommit(false);
    }

    /// Settings to put before the first statement of a transaction.
    ///
    /// READ COMMITTED: a statement after a lock has to see what others committed before they gave it up. A
    /// commit that was reported must survive a crash of the server, whatever `synchronous_commit` says. Text
    /// is taken for what it is.
    ///
    /// @param statementTimeout zero for none
    static String settings(Patience patience, Duration statementTimeout) {
        return "SET TRANSACTION ISOLATION LEVEL READ COMMITTED; "
                + "SET LOCAL synchronous_commit = on; "
                + "SET LOCAL standard_conforming_strings = on; "
                + "SET LOCAL lock_timeout = " + patience.lock().toMillis() + "; "
                + "SET LOCAL idle_in_transaction_session_timeout = "
                + patience.idle().toMillis() + "; "
                + "SET LOCAL statement_timeout = " + statementTimeout.toMillis() + "; ";
    }

    /// Work inside a transaction.
    interface Work {
        void run() throws SQLException;
    }

    /// Runs work in a transaction of its own that others must not run at the same time.
    ///
    /// @param connection in auto-commit mode
    static void exclusively(Connection connection, Patience patience, long lock, Work work) throws SQLException {
        begin(connection);
        execute(connection, settings(patience, patience.request()) + "SELECT pg_advisory_xact_lock(" + lock + ")");
        work.run();
        commit(connection);
    }

    /// Ends a transaction; the connection is in auto-commit mode again.
    static void commit(Connection connection) throws SQLException {
        connection.commit();
        connection.setAutoCommit(true);
    }

    /// Runs statements that hold no parameters.
    static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            statement.execute(sql);
        }
    }
}
