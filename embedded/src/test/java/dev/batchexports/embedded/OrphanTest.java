package dev.batchexports.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A virtual machine that is killed takes its components along, and the next one finds their data.
class OrphanTest {
    @TempDir
    private Path folder;

    @Test
    void leavesNoProcessAndLosesNoDataWhenTheVirtualMachineIsKilled() throws Exception {
        Path data = folder.resolve("data");
        Path connectionFile = folder.resolve("connection.json");
        Process holder = start(data, connectionFile);
        List<ProcessHandle> family;
        Connections connections;
        try {
            await().atMost(Duration.ofSeconds(60)).until(() -> Files.exists(connectionFile) || !holder.isAlive());
            connections = read(connectionFile);
            new Footprint(connections, Tools.locate()).leave();
            family = holder.descendants().toList();
            assertThat(family.stream().map(OrphanTest::program).collect(Collectors.toSet()))
                    .contains("temporal", "weed", "java", "postgres", "bash");
        } finally {
            holder.destroyForcibly().waitFor();
        }
        // At once: the start has to wait for what is still ending, and gets the same ports.
        Options options = Options.forTests(data, Component.values());
        try (EmbeddedPlatform platform = EmbeddedPlatform.start(options)) {
            assertThat(family)
                    .filteredOn(process -> EmbeddedPlatformTest.running(process.pid()))
                    .isEmpty();
            assertThat(platform.connections()).isEqualTo(connections);
            new Footprint(platform.connections(), options.tools()).assertThere();
        }
    }

    @Test
    void leavesNoProcessWhenAGuardIsKilled() {
        Options options = Options.forTests(folder, Component.POSTGRES);
        try (EmbeddedPlatform platform = EmbeddedPlatform.start(options)) {
            ProcessHandle component =
                    ProcessHandle.of(platform.pid(Component.POSTGRES)).orElseThrow();
            component.parent().orElseThrow().destroyForcibly();
            await().atMost(Duration.ofSeconds(5)).until(() -> !EmbeddedPlatformTest.running(component.pid()));
        }
    }

    private Process start(Path data, Path connectionFile) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        PlatformHolder.class.getName(),
                        data.toString(),
                        connectionFile.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("holder.log").toFile())
                .start();
    }

    private static Connections read(Path file) {
        JsonNode fields = JsonMapper.shared().readTree(file.toFile());
        return Connections.none()
                .withTemporal(text(fields, "temporal_address"), text(fields, "temporal_ui_url"))
                .withClickhouse(
                        text(fields, "clickhouse_url"),
                        text(fields, "clickhouse_user"),
                        text(fields, "clickhouse_password"),
                        text(fields, "clickhouse_database"))
                .withS3(
                        text(fields, "s3_endpoint"),
                        text(fields, "s3_region"),
                        text(fields, "s3_access_key_id"),
                        text(fields, "s3_secret_access_key"),
                        text(fields, "s3_bucket"))
                .withDatabase(
                        text(fields, "database_url"), text(fields, "database_user"), text(fields, "database_password"));
    }

    private static String text(JsonNode fields, String name) {
        return fields.required(name).asString();
    }

    private static String program(ProcessHandle process) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(process.pid()), "comm"))
                    .strip();
        } catch (IOException _) {
            return "";
        }
    }
}
