package dev.batchexports.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.embedded.Component;
import dev.batchexports.embedded.Connections;
import dev.batchexports.embedded.EmbeddedPlatform;
import dev.batchexports.embedded.Options;
import dev.batchexports.server.api.ApiConfiguration;
import dev.batchexports.server.security.Keyring;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerMapping;

/// The API as it is, on a port of its own, over real PostgreSQL, ClickHouse and S3; only Temporal is a
/// recording. Started once for all tests; each test uses a project of its own.
public final class TestServer {
    public static final String TOKEN = "bxt_a-token-that-only-tests-know";

    private static final TestServer INSTANCE = new TestServer();

    private final HttpClient http = HttpClient.newHttpClient();
    private final EmbeddedPlatform platform;
    private final ConfigurableApplicationContext application;
    private final AtomicLong projects = new AtomicLong(100);

    /// The server without the package that talks to Temporal.
    @SpringBootConfiguration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import({ServerConfiguration.class, ApiConfiguration.class})
    static class Application {
        @Bean
        RecordingOrchestration orchestration() {
            return new RecordingOrchestration();
        }
    }

    private static final String EVENTS = """
            CREATE TABLE events (
                uuid UUID, event String, distinct_id String, person_id UUID, properties String,
                person_properties String, elements_chain String, timestamp DateTime64(6, 'UTC'),
                created_at DateTime64(6, 'UTC'), team_id Int64, inserted_at DateTime64(6, 'UTC'))
            ENGINE = MergeTree ORDER BY (team_id, inserted_at, uuid)
            """;

    private TestServer() {
        Path folder;
        try {
            Path target = Path.of("target", "api-tests").toAbsolutePath();
            Files.createDirectories(target);
            folder = Files.createTempDirectory(target, "run");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        platform = EmbeddedPlatform.start(
                Options.forTests(folder, Component.POSTGRES, Component.CLICKHOUSE, Component.S3));
        Runtime.getRuntime().addShutdownHook(new Thread(platform::close));
        clickHouse(EVENTS);
        application = ServerApplication.start(Application.class, properties());
    }

    public static TestServer get() {
        return INSTANCE;
    }

    /// Starts another server over the same components.
    public ConfigurableApplicationContext startAnother(Map<String, ? extends Object> changes) {
        Map<String, Object> properties = properties();
        properties.putAll(changes);
        return ServerApplication.start(Application.class, properties);
    }

    public String url() {
        return url(application);
    }

    public static String url(ConfigurableApplicationContext server) {
        return "http://127.0.0.1:" + server.getEnvironment().getRequiredProperty("local.server.port");
    }

    public long newProject() {
        return projects.incrementAndGet();
    }

    public <T> T bean(Class<T> type) {
        return application.getBean(type);
    }

    /// Every route that is mapped, ours and those of libraries.
    public RequestMappingHandlerMapping routes() {
        return application.getBean("requestMappingHandlerMapping", RequestMappingHandlerMapping.class);
    }

    public RecordingOrchestration orchestration() {
        return bean(RecordingOrchestration.class);
    }

    public Connections connections() {
        return platform.connections();
    }

    public EmbeddedPlatform platform() {
        return platform;
    }

    /// Runs a statement in ClickHouse and returns its answer.
    public String clickHouse(String sql) {
        Connections connections = platform.connections();
        try {
            HttpResponse<String> response = http.send(
                    HttpRequest.newBuilder(URI.create(connections.clickhouseUrl() + "/?database="
                                    + URLEncoder.encode(connections.clickhouseDatabase(), StandardCharsets.UTF_8)))
                            .header("X-ClickHouse-User", connections.clickhouseUser())
                            .header("X-ClickHouse-Key", connections.clickhousePassword())
                            .POST(BodyPublishers.ofString(sql))
                            .build(),
                    BodyHandlers.ofString());
            assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
            return response.body();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /// Inserts events that landed for a project at these times.
    public void insertEvents(long project, Instant... landed) {
        for (Instant time : landed) {
            clickHouse("""
                    INSERT INTO events SELECT generateUUIDv4(), 'pageview', 'user', generateUUIDv4(), '{}', '{}', '',
                        t, t, %d, t
                    FROM (SELECT toDateTime64('%s', 6, 'UTC') AS t)
                    """.formatted(project, time.toString().replace("T", " ").replace("Z", "")));
        }
    }

    private Map<String, Object> properties() {
        Connections connections = platform.connections();
        Map<String, Object> properties = new HashMap<>();
        properties.put("bx.role", "api");
        properties.put("bx.http.port", 0);
        properties.put("bx.security.bootstrap-token", TOKEN);
        properties.put("bx.encryption.keys", Keyring.generate());
        properties.put("bx.limits.allow-private-endpoints", true);
        properties.put("bx.limits.allow-query-models", true);
        properties.put("bx.notify.interval", "100ms");
        properties.put("bx.notify.first-retry", "200ms");
        properties.put("bx.clickhouse.url", connections.clickhouseUrl());
        properties.put("bx.clickhouse.user", connections.clickhouseUser());
        properties.put("bx.clickhouse.password", connections.clickhousePassword());
        properties.put("bx.clickhouse.database", connections.clickhouseDatabase());
        properties.put("bx.database.url", connections.databaseUrl());
        properties.put("bx.database.user", connections.databaseUser());
        properties.put("bx.database.password", connections.databasePassword());
        return properties;
    }
}
