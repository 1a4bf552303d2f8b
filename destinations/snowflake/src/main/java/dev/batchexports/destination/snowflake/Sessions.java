package dev.batchexports.destination.snowflake;

import dev.batchexports.core.destination.DestinationLimits;
import dev.batchexports.core.error.ErrorKind;
import dev.batchexports.core.error.ExportException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Properties;

/// Logs in.
///
/// The driver's own retries are kept short, for it is Temporal that retries for as long as it takes.
final class Sessions {
    private static final Duration LONGEST_CONNECT = Duration.ofSeconds(20);
    private static final Duration SHORTEST_STATEMENT = Duration.ofMinutes(30);
    private static final Duration LONGEST_STATEMENT = Duration.ofHours(6);
    private static final Duration LOCK_TIMEOUT = Duration.ofMinutes(10);

    /// Of the time that one request may take, the share that the driver may spend on trying again.
    private static final int RETRY_SHARE = 40;

    /// The share for logging in.
    private static final int LOGIN_SHARE = 4;

    private final SnowflakeConfiguration configuration;
    private final DestinationLimits limits;
    private final SnowflakeErrors errors;

    Sessions(SnowflakeConfiguration configuration, DestinationLimits limits, SnowflakeErrors errors) {
        this.configuration = configuration;
        this.limits = limits;
        this.errors = errors;
    }

    /// Opens a session.
    ///
    /// @param table what it is about, for errors
    /// @param tag what the session's queries carry, to be found in Snowflake's query history
    /// @param interval bounds how long a statement may take
    Session open(TableName table, String tag, Duration interval) throws InterruptedException {
        URI endpoint = configuration.endpoint();
        requireAllowed(endpoint);
        String host = endpoint.getScheme() + "://" + endpoint.getHost()
                + (endpoint.getPort() < 0 ? "" : ":" + endpoint.getPort());
        Properties properties = properties(tag, interval);
        if ("http".equals(endpoint.getScheme())) {
            properties.setProperty("ssl", "off");
        }
        return Session.open("jdbc:snowflake://" + host + "/", properties, errors, table);
    }

    /// The driver resolves names itself, so that a name may lead elsewhere right after this. Then a certificate for
    /// the name is all it talks to: a user's endpoint has HTTPS unless it is this machine.
    private void requireAllowed(URI endpoint) {
        if (configuration.endpointUrl() == null) {
            return;
        }
        try {
            List<InetAddress> _ = limits.hosts().resolve(endpoint.getHost());
        } catch (UnknownHostException e) {
            throw new ExportException(
                    "UnknownHost",
                    ErrorKind.TRANSIENT,
                    "The host " + endpoint.getHost() + " cannot be found, or may not be connected to.",
                    "Check endpoint_url, and that the worker can resolve it to a public address.",
                    e);
        }
    }

    private Properties properties(String tag, Duration interval) {
        Properties properties = new Properties();
        properties.setProperty("account", configuration.account());
        properties.setProperty("user", configuration.user());
        if (configuration.usesKeyPair()) {
            properties.put("privateKey", configuration.key());
        } else {
            properties.setProperty(
                    "password", Objects.requireNonNull(configuration.password()).reveal());
        }
        String role = configuration.role();
        if (role != null) {
            properties.setProperty("role", Sql.identifier(role));
        }
        properties.setProperty("db", Sql.identifier(configuration.database()));
        properties.setProperty("schema", Sql.identifier(configuration.schema()));
        properties.setProperty("warehouse", Sql.identifier(configuration.warehouse()));
        properties.setProperty("application", "BatchExports");

        Duration request = limits.requestTimeout();
        properties.setProperty(
                "loginTimeout", Long.toString(request.dividedBy(LOGIN_SHARE).toSeconds()));
        properties.setProperty(
                "networkTimeout", Long.toString(request.dividedBy(RETRY_SHARE).toMillis()));
        properties.setProperty("HTTP_CLIENT_SOCKET_TIMEOUT", Long.toString(request.toMillis()));
        properties.setProperty(
                "HTTP_CLIENT_CONNECTION_TIMEOUT",
                Long.toString(shorter(request, LONGEST_CONNECT).toMillis()));
        properties.setProperty("maxHttpRetries", "2");
        properties.setProperty("putGetMaxRetries", "2");

        // The driver must not look for a cloud's metadata service, report what it does, or keep tokens.
        properties.setProperty("disablePlatformDetection", "true");
        properties.setProperty("CLIENT_TELEMETRY_ENABLED", "false");
        properties.setProperty("CLIENT_STORE_TEMPORARY_CREDENTIAL", "false");

        properties.setProperty("QUERY_TAG", tag);
        properties.setProperty("TIMEZONE", "UTC");
        properties.setProperty(
                "STATEMENT_TIMEOUT_IN_SECONDS",
                Long.toString(statementTimeout(interval).toSeconds()));
        properties.setProperty("LOCK_TIMEOUT", Long.toString(LOCK_TIMEOUT.toSeconds()));
        // Snowflake ends what a vanished worker has left running.
        properties.setProperty("ABORT_DETACHED_QUERY", "true");
        properties.setProperty("JDBC_QUERY_RESULT_FORMAT", "JSON");
        return properties;
    }

    /// As long as the interval, within limits: whoever takes longer than that never catches up.
    static Duration statementTimeout(Duration interval) {
        Duration atLeast = interval.compareTo(SHORTEST_STATEMENT) < 0 ? SHORTEST_STATEMENT : interval;
        return shorter(atLeast, LONGEST_STATEMENT);
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }
}
