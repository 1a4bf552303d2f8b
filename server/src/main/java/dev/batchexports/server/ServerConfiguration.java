package dev.batchexports.server;

import com.zaxxer.hikari.HikariDataSource;
import dev.batchexports.server.backfills.BackfillSettings;
import dev.batchexports.server.exports.DestinationCatalog;
import dev.batchexports.server.health.HealthConfiguration;
import dev.batchexports.server.notify.NotifySettings;
import dev.batchexports.server.security.EndpointGuard;
import dev.batchexports.server.security.Keyring;
import dev.batchexports.server.security.SecuritySettings;
import dev.batchexports.source.clickhouse.ClickHouseSettings;
import dev.batchexports.source.clickhouse.ClickHouseSource;
import dev.batchexports.source.clickhouse.UserQueries;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Properties;
import org.postgresql.Driver;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ComponentScan;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.datasource.SimpleDriverDataSource;

/// What every role of the server is made of: settings, keys, database, source and destinations, stores and
/// services.
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties({
    Settings.class,
    DatabaseSettings.class,
    SecuritySettings.class,
    BackfillSettings.class,
    NotifySettings.class
})
@Import(HealthConfiguration.class)
@ComponentScan({
    "dev.batchexports.server.exports",
    "dev.batchexports.server.runs",
    "dev.batchexports.server.backfills",
    "dev.batchexports.server.monitor",
    "dev.batchexports.server.notify",
    "dev.batchexports.server.security"
})
class ServerConfiguration {
    private static final Duration CONNECTION_TIMEOUT = Duration.ofSeconds(10);

    @Bean
    Clock clock(Settings settings) {
        String shift = settings.testing().clockShift();
        return shift.isEmpty() ? Clock.systemUTC() : new WrongClock(Path.of(shift));
    }

    @Bean
    Keyring keyring(Settings settings) {
        return Keyring.parse(settings.encryption().keys());
    }

    @Bean
    DestinationCatalog destinationCatalog(Keyring keyring, EndpointGuard guard) {
        return new DestinationCatalog(keyring, guard);
    }

    @Bean(destroyMethod = "close")
    HikariDataSource dataSource(DatabaseSettings settings) {
        DatabaseSettings jdbc = settings.forJdbc();
        Properties connection = new Properties();
        if (!jdbc.user().isEmpty()) {
            connection.setProperty("user", jdbc.user());
        }
        if (!jdbc.password().isEmpty()) {
            connection.setProperty("password", jdbc.password());
        }
        // A database host that vanished must not hold connections for ever.
        connection.setProperty("socketTimeout", "60");
        connection.setProperty("connectTimeout", "10");
        connection.setProperty("tcpKeepAlive", "true");
        HikariDataSource pool = new HikariDataSource();
        pool.setPoolName("metadata");
        // By a URL alone the pool would ask Java's DriverManager, which loads the drivers of all destinations: 20 MB.
        pool.setDataSource(new SimpleDriverDataSource(new Driver(), jdbc.url(), connection));
        pool.setMaximumPoolSize(jdbc.connections());
        pool.setMinimumIdle(Math.min(2, jdbc.connections()));
        pool.setConnectionTimeout(CONNECTION_TIMEOUT.toMillis());
        return pool;
    }

    @Bean(destroyMethod = "close")
    ClickHouseSource source(Settings settings) {
        Settings.Clickhouse clickhouse = settings.clickhouse();
        ClickHouseSettings connection = ClickHouseSettings.of(
                clickhouse.url(), clickhouse.user(), clickhouse.secretPassword(), clickhouse.database());
        return ClickHouseSource.open(connection
                .withQueryLimits(
                        clickhouse.maxThreads() > 0 ? clickhouse.maxThreads() : connection.maxThreads(),
                        clickhouse.maxMemoryBytes() > 0 ? clickhouse.maxMemoryBytes() : connection.maxMemoryBytes(),
                        clickhouse.priority())
                .withTimeouts(clickhouse.connectTimeout(), clickhouse.readTimeout())
                .withExtraSettings(clickhouse.settings())
                .withUserQueries(new UserQueries(
                        clickhouse.queryUser(), clickhouse.secretQueryPassword(), clickhouse.queryProjectSetting()))
                .withGzipBy(clickhouse.gzipBy())
                .withConnections(clickhouse.connections()));
    }
}
