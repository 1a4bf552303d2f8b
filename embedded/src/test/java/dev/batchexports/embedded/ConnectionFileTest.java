package dev.batchexports.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ConnectionFileTest {
    @TempDir
    private Path folder;

    @Test
    void holdsEverythingThatAProgramOutsideNeeds() throws Exception {
        Path file = folder.resolve("connection.json");
        Files.writeString(file, "an earlier one");
        Connections connections = Connections.none()
                .withTemporal("127.0.0.1:7233", "http://127.0.0.1:8233")
                .withClickhouse("http://127.0.0.1:8123", "default", "pass\"word\\\n\u0001 – ☕", "default")
                .withS3("http://127.0.0.1:8333", "us-east-1", "KEY", "SECRET", "batch-exports")
                .withDatabase("jdbc:postgresql://127.0.0.1:15432/batch_exports", "batch_exports", "other");
        ConnectionFile content = new ConnectionFile("http://127.0.0.1:8080", "bx_token", connections);
        content.write(file);

        JsonNode fields = JsonMapper.shared().readTree(file.toFile());
        assertThat(fields.propertyNames())
                .containsExactly(
                        "api_url",
                        "api_token",
                        "temporal_address",
                        "temporal_ui_url",
                        "clickhouse_url",
                        "clickhouse_user",
                        "clickhouse_password",
                        "clickhouse_database",
                        "s3_endpoint",
                        "s3_region",
                        "s3_access_key_id",
                        "s3_secret_access_key",
                        "s3_bucket",
                        "database_url",
                        "database_user",
                        "database_password");
        assertThat(fields.required("clickhouse_password").asString()).isEqualTo("pass\"word\\\n\u0001 – ☕");
        assertThat(Files.getPosixFilePermissions(file)).isEqualTo(PosixFilePermissions.fromString("rw-------"));
        assertThat(content.toString()).doesNotContain("bx_token", "SECRET");
        assertThat(folder)
                .isDirectoryNotContaining(path -> path.getFileName().toString().endsWith(".new"));
    }
}
