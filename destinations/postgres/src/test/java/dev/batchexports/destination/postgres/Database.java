package dev.batchexports.destination.postgres;

import dev.batchexports.core.destination.Destination;
import dev.batchexports.core.destination.DestinationLimits;
import dev.batchexports.core.secret.Secret;
import dev.batchexports.embedded.Component;
import dev.batchexports.embedded.Connections;
import dev.batchexports.embedded.EmbeddedPlatform;
import dev.batchexports.embedded.Options;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/// A real PostgreSQL, started once for all tests together with a ClickHouse engine, with connections of its
/// own to look into it.
final class Database implements AutoCloseable {
    private static final String HOME = "BX_TEST_POSTGRES_HOME";

    static final String WRONG_SECRET = "canary-wrong-secret-7d3f";

    static final DestinationLimits LIMITS = new DestinationLimits(20L << 20, Duration.ofSeconds(20));

    /// For a client that is going to be held: the server gives it up after an eighth of this.
    static final DestinationLimits SHORT_LIMITS = new DestinationLimits(20L << 20, Duration.ofSeconds(6));

    private final Path folder;
    private final EmbeddedPlatform platform;
    private final Connections connections;

    private Database(Path folder, EmbeddedPlatform platform) {
        this.folder = folder;
        this.platform = platform;
        this.connections = platform.connections();
    }

    /// With the version that is tested by default, or the one in the folder that [#HOME] names.
    static Database start() {
        try {
            Path folder = Files.createTempDirectory("postgres");
            Options options = Options.forTests(folder, Component.POSTGRES, Component.CLICKHOUSE);
            String home = System.getenv(HOME);
            return new Database(
                    folder,
                    EmbeddedPlatform.start(
                            home == null || home.isBlank()
                                    ? options
                                    : options.withTools(options.tools().withPostgres(Path.of(home)))));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void stopServer() {
        platform.stop(Component.POSTGRES);
    }

    void startServer() {
        platform.start(Component.POSTGRES);
    }

    /// As a power failure would.
    void crashServer() {
        platform.kill(Component.POSTGRES);
        platform.start(Component.POSTGRES);
    }

    Path folder() {
        return folder;
    }

    Connections connections() {
        return connections;
    }

    InetSocketAddress address() {
        URI uri = URI.create(connections.databaseUrl().substring("jdbc:".length()));
        return new InetSocketAddress(uri.getHost(), uri.getPort());
    }

    String name() {
        return connections.databaseUrl().replaceFirst(".*/", "");
    }

    String password() {
        return connections.databasePassword();
    }

    /// A schema of its own, of a name that has to be quoted.
    String newSchema() {
        String schema = "Tests of \"é\" " + UUID.randomUUID().toString().substring(0, 8);
        run("CREATE SCHEMA " + Identifier.quote(schema));
        return schema;
    }

    PostgresConfiguration configuration(String schema) {
        return configuration(schema, address(), name(), connections.databaseUser(), password());
    }

    PostgresConfiguration configuration(
            String schema, InetSocketAddress at, String database, String user, String password) {
        return new PostgresConfiguration(
                at.getHostString(),
                at.getPort(),
                user,
                new Secret(password),
                database,
                schema,
                "{table}",
                "disable",
                null);
    }

    static Destination open(PostgresConfiguration configuration) {
        return open(configuration, LIMITS);
    }

    static Destination open(PostgresConfiguration configuration, DestinationLimits limits) {
        return new PostgresDestinationType().open(configuration, limits);
    }

    Connection connect() {
        try {
            return DriverManager.getConnection(
                    connections.databaseUrl(), connections.databaseUser(), connections.databasePassword());
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    void run(String sql) {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    /// Rows of text.
    List<List<@Nullable String>> query(String sql) {
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            List<List<@Nullable String>> rows = new ArrayList<>();
            while (result.next()) {
                List<@Nullable String> row = new ArrayList<>();
                for (int column = 1; column <= result.getMetaData().getColumnCount(); column++) {
                    row.add(result.getString(column));
                }
                rows.add(row);
            }
            return rows;
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    /// The first column.
    List<String> column(String sql) {
        return query(sql).stream().map(row -> String.valueOf(row.getFirst())).toList();
    }

    @Override
    public void close() {
        platform.close();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Hands the one database to the constructors of test classes.
    static final class Provider implements ParameterResolver {
        @Override
        public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
            return parameter.getParameter().getType() == Database.class;
        }

        @Override
        public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
            return context.getRoot()
                    .getStore(ExtensionContext.Namespace.GLOBAL)
                    .computeIfAbsent(Database.class, key -> start(), Database.class);
        }
    }
}
