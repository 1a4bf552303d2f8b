package dev.batchexports.server.commands;

import dev.batchexports.embedded.Connections;
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
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/// Counts what is in the table and what is in the files, with nothing of the export's own code: the
/// ClickHouse engine reads both.
final class ReadBack {
    /// @param rows how many there are
    /// @param distinct how many different uuids there are among them
    /// @param fingerprint the sum of the first 60 bits of the MD5 of every uuid: the same for the same set
    ///     of rows, whatever their order
    record Content(long rows, long distinct, String fingerprint) {}

    private static final String CONTENT = "SELECT count(), uniqExact(toUUID(uuid)), sum(toUInt128(bitShiftRight("
            + "reinterpretAsUInt64(reverse(substring(MD5(toString(toUUID(uuid))), 1, 8))), 4))) FROM ";

    private final HttpClient http = HttpClient.newHttpClient();
    private final Connections connections;

    ReadBack(Connections connections) {
        this.connections = connections;
    }

    /// What landed for a project within `[start, end)`.
    Content table(long projectId, Instant start, Instant end) {
        return content(
                CONTENT + "events WHERE team_id = {team:Int64}"
                        + " AND inserted_at >= parseDateTime64BestEffort({start:String}, 6, 'UTC')"
                        + " AND inserted_at < parseDateTime64BestEffort({end:String}, 6, 'UTC')",
                Map.of("team", Long.toString(projectId), "start", start.toString(), "end", end.toString()));
    }

    /// What some files of the embedded bucket hold together.
    Content files(List<String> keys, String format) {
        return content(
                CONTENT + "s3({url:String}, {key:String}, {secret:String}, {format:String}, 'uuid String')",
                Map.of(
                        "url",
                        connections.s3Endpoint() + "/" + connections.s3Bucket() + "/{" + String.join(",", keys) + "}",
                        "key",
                        connections.s3AccessKeyId(),
                        "secret",
                        connections.s3SecretAccessKey(),
                        "format",
                        format));
    }

    private Content content(String query, Map<String, String> parameters) {
        String[] cells = query(query, parameters).strip().split("\t", -1);
        return new Content(Long.parseLong(cells[0]), Long.parseLong(cells[1]), cells[2]);
    }

    private String query(String query, Map<String, String> parameters) {
        StringBuilder url = new StringBuilder(connections.clickhouseUrl())
                .append("/?database=")
                .append(encode(connections.clickhouseDatabase()));
        parameters.forEach(
                (name, value) -> url.append("&param_").append(name).append('=').append(encode(value)));
        HttpRequest request = HttpRequest.newBuilder(URI.create(url.toString()))
                .header("X-ClickHouse-User", connections.clickhouseUser())
                .header("X-ClickHouse-Key", connections.clickhousePassword())
                .timeout(Duration.ofMinutes(2))
                .POST(BodyPublishers.ofString(query))
                .build();
        try {
            HttpResponse<String> response = http.send(request, BodyHandlers.ofString());
            if (response.statusCode() != 200) {
                throw new IllegalStateException("ClickHouse refused to count: " + response.body());
            }
            return response.body();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
