package dev.batchexports.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/// Something small in each component, and the look whether it is still there.
final class Footprint {
    private final Connections connections;
    private final Tools tools;

    Footprint(Connections connections, Tools tools) {
        this.connections = connections;
        this.tools = tools;
    }

    void leave() throws Exception {
        clickhouse("CREATE TABLE footprint (a Int64) ENGINE = MergeTree ORDER BY a");
        clickhouse("INSERT INTO footprint SELECT number FROM numbers(1000)");
        try (S3Client s3 = s3(connections.s3AccessKeyId(), connections.s3SecretAccessKey())) {
            s3.putObject(
                    request -> request.bucket(connections.s3Bucket()).key("footprint"), RequestBody.fromString("here"));
        }
        try (Connection connection = database();
                Statement statement = connection.createStatement()) {
            statement.executeUpdate("CREATE TABLE footprint (a text)");
            statement.executeUpdate("INSERT INTO footprint VALUES ('hier – ☕')");
        }
        temporal("workflow", "start", "--task-queue", "none", "--type", "none", "--workflow-id", "footprint");
    }

    void assertThere() throws Exception {
        assertThat(clickhouse("SELECT count(), sum(a) FROM footprint")).isEqualTo("1000\t499500\n");
        try (S3Client s3 = s3(connections.s3AccessKeyId(), connections.s3SecretAccessKey())) {
            assertThat(s3.getObjectAsBytes(request ->
                                    request.bucket(connections.s3Bucket()).key("footprint"))
                            .asUtf8String())
                    .isEqualTo("here");
        }
        try (Connection connection = database();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT a FROM footprint")) {
            assertThat(row.next()).isTrue();
            assertThat(row.getString(1)).isEqualTo("hier – ☕");
        }
        assertThat(temporal("workflow", "describe", "--workflow-id", "footprint"))
                .contains("footprint");
    }

    String clickhouse(String sql) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(connections.clickhouseUrl()))
                .header("X-ClickHouse-User", connections.clickhouseUser())
                .header("X-ClickHouse-Key", connections.clickhousePassword())
                .timeout(Duration.ofSeconds(2))
                .POST(BodyPublishers.ofString(sql))
                .build();
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<String> response = client.send(request, BodyHandlers.ofString());
            assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
            return response.body();
        }
    }

    S3Client s3(String accessKeyId, String secretAccessKey) {
        return S3Client.builder()
                .endpointOverride(URI.create(connections.s3Endpoint()))
                .region(Region.of(connections.s3Region()))
                .forcePathStyle(true)
                .credentialsProvider(
                        StaticCredentialsProvider.create(AwsBasicCredentials.create(accessKeyId, secretAccessKey)))
                .httpClientBuilder(Apache5HttpClient.builder())
                .build();
    }

    Connection database() throws SQLException {
        return DriverManager.getConnection(
                connections.databaseUrl(), connections.databaseUser(), connections.databasePassword());
    }

    private String temporal(String... arguments) {
        List<String> command = new ArrayList<>(List.of(tools.temporal().toString()));
        command.addAll(List.of(arguments));
        command.addAll(List.of("--address", connections.temporalAddress()));
        Programs.Outcome outcome = Programs.run(command, Map.of());
        assertThat(outcome.succeeded()).as(outcome.output()).isTrue();
        return outcome.output();
    }
}
