package dev.batchexports.destination.postgres;

import dev.batchexports.core.destination.HostResolver;
import java.net.InetAddress;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.time.Duration;
import java.util.List;
import org.postgresql.PGProperty;
import org.postgresql.ds.PGSimpleDataSource;

/// Opens connections, one for each task. Thread-safe; holds no connection.
///
/// Interrupting a virtual thread closes the socket that it waits for, which is what stops a task. On a
/// platform thread an interrupt shows with the next bytes only.
final class PostgresServer {
    private final PostgresConfiguration configuration;
    private final PostgresErrors errors;
    private final HostResolver hosts;
    private final Patience patience;

    PostgresServer(PostgresConfiguration configuration, PostgresErrors errors, HostResolver hosts, Patience patience) {
        this.configuration = configuration;
        this.errors = errors;
        this.hosts = hosts;
        this.patience = patience;
    }

    /// Work with a connection, which is in auto-commit mode.
    interface Work<T> {
        T with(Connection connection) throws SQLException, InterruptedException;
    }

    /// Does something with a connection of its own. When it fails the connection is cut, and the server
    /// rolls back what was not committed.
    ///
    /// @throws dev.batchexports.core.error.ExportException that says what is wrong
    <T> T run(Task task, Work<T> work) throws InterruptedException {
        try {
            return connected(task, work);
        } catch (SQLException e) {
            if (Thread.interrupted()) {
                InterruptedException interrupt = new InterruptedException();
                interrupt.initCause(e);
                throw interrupt;
            }
            throw errors.of(task, e);
        }
    }

    private <T> T connected(Task task, Work<T> work) throws SQLException, InterruptedException {
        Connection connection = connect(task);
        boolean isDone = false;
        try {
            T result = work.with(connection);
            isDone = true;
            return result;
        } finally {
            if (isDone) {
                closeQuietly(connection);
            } else {
                // No farewell: the server may not be listening, and the thread may be interrupted.
                connection.abort(Runnable::run);
            }
        }
    }

    /// What was done is done, whether or not the server hears the farewell.
    private static void closeQuietly(Connection connection) {
        try {
            connection.close();
        } catch (SQLException e) {
            // The connection is gone either way.
        }
    }

    /// Tries the addresses of the host one after another.
    private Connection connect(Task task) throws SQLException {
        List<InetAddress> addresses;
        try {
            addresses = hosts.resolve(withoutBrackets(configuration.host()));
        } catch (UnknownHostException e) {
            throw new SQLNonTransientConnectionException(e);
        }
        for (InetAddress address : addresses.subList(0, addresses.size() - 1)) {
            try {
                return connect(task, address);
            } catch (SQLException e) {
                if (Thread.currentThread().isInterrupted() || !(e.getCause() instanceof SocketException)) {
                    throw e;
                }
            }
        }
        return connect(task, addresses.getLast());
    }

    private Connection connect(Task task, InetAddress address) throws SQLException {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setServerNames(new String[] {bracketed(configuration.host())});
        source.setPortNumbers(new int[] {configuration.portOrUsual()});
        source.setDatabaseName(configuration.database());
        source.setUser(configuration.user());
        source.setPassword(configuration.password().reveal());
        source.setProperty(PGProperty.APPLICATION_NAME, task.applicationName());
        source.setProperty(PGProperty.CONNECT_TIMEOUT, seconds(patience.connect()));
        source.setProperty(PGProperty.SOCKET_TIMEOUT, seconds(patience.request()));
        // A login time-out would connect in a thread of its own, which no interrupt reaches.
        source.setProperty(PGProperty.LOGIN_TIMEOUT, "0");
        source.setProperty(PGProperty.SOCKET_FACTORY, PinnedSockets.class.getName());
        source.setProperty(PGProperty.SOCKET_FACTORY_ARG, address.getHostAddress());
        source.setProperty(PGProperty.TCP_KEEP_ALIVE, "true");
        source.setProperty(PGProperty.GSS_ENC_MODE, "disable");
        // The details of an error hold values of rows.
        source.setProperty(PGProperty.LOG_SERVER_ERROR_DETAIL, "false");
        // No named statements, which a pooler between us and the server would mix up.
        source.setProperty(PGProperty.PREPARE_THRESHOLD, "0");
        secure(source);
        return source.getConnection();
    }

    private void secure(PGSimpleDataSource source) {
        TlsMode mode = configuration.tlsMode();
        String authorities = configuration.sslRootCertificate();
        source.setSslMode(mode.word());
        if (mode != TlsMode.DISABLE) {
            source.setSslfactory(mode.socketFactory(authorities != null));
            if (authorities != null) {
                source.setSslfactoryarg(authorities);
            }
        }
    }

    /// The driver wants addresses of IPv6 in brackets.
    private static String bracketed(String host) {
        return host.indexOf(':') >= 0 && !host.startsWith("[") ? "[" + host + "]" : host;
    }

    private static String withoutBrackets(String host) {
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    private static String seconds(Duration duration) {
        return Long.toString(Math.max(1, duration.toSeconds()));
    }
}
