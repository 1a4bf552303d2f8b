package dev.batchexports.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Exception;

class EmbeddedPlatformTest {
    @TempDir
    private Path folder;

    @Test
    void keepsAllDataOverKillsAndRestarts() throws Exception {
        Options options = Options.forTests(folder, Component.values());
        Connections first;
        try (EmbeddedPlatform platform = EmbeddedPlatform.start(options)) {
            first = platform.connections();
            Footprint footprint = new Footprint(first, options.tools());
            footprint.leave();
            for (Component component : Component.values()) {
                long former = platform.pid(component);
                platform.kill(component);
                assertThat(running(former)).isFalse();
                platform.start(component);
                assertThat(platform.pid(component)).isNotEqualTo(former);
            }
            assertThat(platform.connections()).isEqualTo(first);
            footprint.assertThere();
        }
        try (EmbeddedPlatform platform = EmbeddedPlatform.start(options)) {
            assertThat(platform.connections()).isEqualTo(first);
            new Footprint(platform.connections(), options.tools()).assertThere();
        }
    }

    @Test
    void keepsTheObjectsWhenPortsChange() throws Exception {
        Options options = Options.forTests(folder, Component.S3);
        try (EmbeddedPlatform platform = EmbeddedPlatform.start(options)) {
            put(platform, options, "kept");
        }
        Files.delete(folder.resolve("ports.properties"));
        try (EmbeddedPlatform platform = EmbeddedPlatform.start(options)) {
            Connections connections = platform.connections();
            try (S3Client s3 = new Footprint(connections, options.tools())
                    .s3(connections.s3AccessKeyId(), connections.s3SecretAccessKey())) {
                assertThat(s3.getObjectAsBytes(request ->
                                        request.bucket(connections.s3Bucket()).key("kept"))
                                .asUtf8String())
                        .isEqualTo("kept");
            }
            put(platform, options, "further");
        }
    }

    private static void put(EmbeddedPlatform platform, Options options, String key) {
        Connections connections = platform.connections();
        try (S3Client s3 = new Footprint(connections, options.tools())
                .s3(connections.s3AccessKeyId(), connections.s3SecretAccessKey())) {
            s3.putObject(request -> request.bucket(connections.s3Bucket()).key(key), RequestBody.fromString(key));
        }
    }

    @Test
    void letsFurtherIdentitiesDoWhatTheyMayAndNoMore() {
        S3Identity restricted = new S3Identity(
                "restricted", "RESTRICTED", "secret-of-restricted", List.of("Write:batch-exports/allowed/*"));
        Options options = Options.forTests(folder, Component.S3).withIdentities(List.of(restricted));
        try (EmbeddedPlatform platform = EmbeddedPlatform.start(options);
                S3Client s3 = new Footprint(platform.connections(), options.tools())
                        .s3("RESTRICTED", "secret-of-restricted")) {
            s3.putObject(
                    request -> request.bucket("batch-exports").key("allowed/object"), RequestBody.fromString("yes"));
            assertThatThrownBy(() -> s3.putObject(
                            request -> request.bucket("batch-exports").key("other/object"),
                            RequestBody.fromString("no")))
                    .isInstanceOfSatisfying(
                            S3Exception.class,
                            failure -> assertThat(failure.statusCode()).isEqualTo(403));
        }
    }

    @Test
    void startsAgainWhatEndsByItselfAndLeavesAloneWhatWasKilled() throws Exception {
        Options options = Options.forTests(folder, Component.CLICKHOUSE);
        try (EmbeddedPlatform platform = EmbeddedPlatform.start(options)) {
            Footprint footprint = new Footprint(platform.connections(), options.tools());
            footprint.clickhouse("CREATE TABLE kept (a Int64) ENGINE = MergeTree ORDER BY a");
            footprint.clickhouse("INSERT INTO kept VALUES (1)");
            ProcessHandle.of(platform.pid(Component.CLICKHOUSE)).orElseThrow().destroyForcibly();
            await().ignoreExceptions()
                    .untilAsserted(() -> assertThat(footprint.clickhouse("SELECT count() FROM kept"))
                            .isEqualTo("1\n"));
            platform.kill(Component.CLICKHOUSE);
            assertThatThrownBy(() -> platform.pid(Component.CLICKHOUSE)).hasMessageContaining("is not running");
        }
    }

    @Test
    void haltsAComponentWhereItIs() throws Exception {
        Options options = Options.forTests(folder, Component.CLICKHOUSE, Component.POSTGRES);
        try (EmbeddedPlatform platform = EmbeddedPlatform.start(options)) {
            Footprint footprint = new Footprint(platform.connections(), options.tools());
            platform.pause(Component.CLICKHOUSE);
            assertThatThrownBy(() -> footprint.clickhouse("SELECT 1")).isInstanceOf(IOException.class);
            platform.resume(Component.CLICKHOUSE);
            assertThat(footprint.clickhouse("SELECT 1")).isEqualTo("1\n");
            // A platform that is closed while a component is halted must not wait for it.
            platform.pause(Component.POSTGRES);
        }
    }

    @Test
    void choosesFreePortsWhereTheUsualOnesAreTaken() throws Exception {
        try (ServerSocket taken = new ServerSocket()) {
            takeIfFree(taken, 8123);
            Options options = Options.forTests(folder, Component.CLICKHOUSE).withPorts(PortChoice.USUAL);
            try (EmbeddedPlatform platform = EmbeddedPlatform.start(options)) {
                assertThat(platform.connections().clickhouseUrl())
                        .startsWith("http://127.0.0.1:")
                        .doesNotEndWith(":8123");
            }
        }
    }

    private static void takeIfFree(ServerSocket socket, int port) {
        try {
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        } catch (IOException _) {
            // Another program has it, which serves as well.
        }
    }

    @Test
    void keepsAPasswordFromOthersAndDemandsIt() throws Exception {
        Options options = Options.forTests(folder, Component.POSTGRES);
        try (EmbeddedPlatform platform = EmbeddedPlatform.start(options)) {
            Connections connections = platform.connections();
            assertThat(Files.getPosixFilePermissions(folder.resolve("secrets.properties")))
                    .isEqualTo(PosixFilePermissions.fromString("rw-------"));
            assertThat(connections.toString()).doesNotContain(connections.databasePassword());
            assertThatThrownBy(() -> {
                        try (Connection connection = DriverManager.getConnection(
                                connections.databaseUrl(), connections.databaseUser(), "wrong")) {
                            assertThat(connection.isClosed()).isTrue();
                        }
                    })
                    .hasMessageContaining("password authentication failed");
        }
    }

    @Test
    void refusesAFolderThatAnotherPlatformUses() {
        Options options = Options.forTests(folder, Component.TEMPORAL);
        try (EmbeddedPlatform platform = EmbeddedPlatform.start(options)) {
            assertThat(platform.pid(Component.TEMPORAL)).isPositive();
            assertThatThrownBy(() -> EmbeddedPlatform.start(options))
                    .isInstanceOf(EmbeddedException.class)
                    .hasMessageContaining(
                            "in use by process " + ProcessHandle.current().pid());
        }
    }

    @Test
    void showsTheEndOfTheLogOfAComponentThatDoesNotStart() throws Exception {
        Files.createDirectories(folder.resolve("postgres/data"));
        Files.writeString(folder.resolve("postgres/data/PG_VERSION"), "9.6\n");
        assertThatThrownBy(() -> EmbeddedPlatform.start(Options.forTests(folder, Component.POSTGRES)))
                .isInstanceOf(EmbeddedException.class)
                .hasMessageContaining("PostgreSQL ended while it started")
                .hasMessageContaining(folder.resolve("log/postgres.log").toString())
                .hasMessageContaining("data");
    }

    @Test
    void endsAllProcessesWhenItIsClosed() {
        Options options = Options.forTests(folder, Component.TEMPORAL, Component.CLICKHOUSE);
        Set<Long> pids;
        try (EmbeddedPlatform platform = EmbeddedPlatform.start(options)) {
            pids = Set.of(platform.pid(Component.TEMPORAL), platform.pid(Component.CLICKHOUSE));
        }
        await().atMost(Duration.ofSeconds(5))
                .untilAsserted(() -> assertThat(pids).noneMatch(EmbeddedPlatformTest::running));
    }

    /// A zombie that its parent has not asked after counts as gone.
    static boolean running(long pid) {
        try {
            String status = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
            return !status.substring(status.lastIndexOf(')')).startsWith(") Z");
        } catch (IOException _) {
            return false;
        }
    }
}
