package dev.batchexports.embedded.clickhouse;

import dev.batchexports.embedded.Connections;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;

/// A plain client of the engine's front, which adds nothing to what a test says.
final class Front {
    private final Connections connections;
    private final HttpClient client = HttpClient.newHttpClient();

    Front(Connections connections) {
        this.connections = connections;
    }

    /// What came back before the connection ended.
    ///
    /// @param ending whether the answer ended as it should
    record Received(int status, Map<String, List<String>> headers, ByteBuffer bytes, Ending ending) {
        byte[] body() {
            byte[] copy = new byte[bytes.remaining()];
            bytes.duplicate().get(copy);
            return copy;
        }

        String header(String name) {
            return String.join(",", headers.getOrDefault(name, List.of()));
        }
    }

    enum Ending {
        COMPLETE,
        CUT
    }

    HttpRequest.Builder request(Map<String, String> parameters) {
        return anonymous(parameters)
                .header("X-ClickHouse-User", connections.clickhouseUser())
                .header("X-ClickHouse-Key", connections.clickhousePassword());
    }

    HttpRequest.Builder anonymous(Map<String, String> parameters) {
        String query = parameters.entrySet().stream()
                .map(entry -> encoded(entry.getKey()) + "=" + encoded(entry.getValue()))
                .collect(Collectors.joining("&"));
        return HttpRequest.newBuilder(URI.create(connections.clickhouseUrl() + "/?" + query));
    }

    HttpResponse<byte[]> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return client.send(request.build(), BodyHandlers.ofByteArray());
    }

    HttpResponse<byte[]> post(String sql, Map<String, String> parameters) throws IOException, InterruptedException {
        return send(request(parameters).POST(BodyPublishers.ofString(sql)));
    }

    HttpResponse<byte[]> post(BodyPublisher body, Map<String, String> parameters)
            throws IOException, InterruptedException {
        return send(request(parameters).POST(body));
    }

    /// The text of an answer that must be a success.
    String run(String sql) throws IOException, InterruptedException {
        HttpResponse<byte[]> response = post(sql, Map.of());
        if (response.statusCode() != 200) {
            throw new AssertionError(text(response));
        }
        return text(response).strip();
    }

    CompletableFuture<HttpResponse<byte[]>> start(String sql, Map<String, String> parameters) {
        return client.sendAsync(
                request(parameters).POST(BodyPublishers.ofString(sql)).build(), BodyHandlers.ofByteArray());
    }

    /// Reads as far as the answer goes. Not by `HttpClient`: when a connection is cut, it drops what it has read
    /// ahead.
    Received receive(String sql, Map<String, String> parameters, Map<String, String> headers) throws IOException {
        HttpRequest template = request(parameters).POST(BodyPublishers.noBody()).build();
        HttpURLConnection connection =
                (HttpURLConnection) template.uri().toURL().openConnection();
        connection.setDoOutput(true);
        template.headers().map().forEach((name, values) -> connection.setRequestProperty(name, values.getFirst()));
        headers.forEach(connection::setRequestProperty);
        connection.getOutputStream().write(sql.getBytes(StandardCharsets.UTF_8));
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        Ending ending = Ending.COMPLETE;
        try (InputStream stream = connection.getInputStream()) {
            byte[] buffer = new byte[1 << 16];
            for (int count = stream.read(buffer); count >= 0; count = stream.read(buffer)) {
                body.write(buffer, 0, count);
            }
        } catch (IOException _) {
            ending = Ending.CUT;
        }
        return new Received(
                connection.getResponseCode(),
                connection.getHeaderFields(),
                ByteBuffer.wrap(body.toByteArray()),
                ending);
    }

    /// Sends a query over a connection of its own, which the caller may cut.
    Socket sendOnSocket(String sql) throws IOException {
        URI url = URI.create(connections.clickhouseUrl());
        Socket socket = new Socket(url.getHost(), url.getPort());
        byte[] body = sql.getBytes(StandardCharsets.UTF_8);
        OutputStream output = socket.getOutputStream();
        output.write("""
                POST /?user=%s&password=%s HTTP/1.1\r
                Host: localhost\r
                Content-Length: %d\r
                \r
                """.formatted(connections.clickhouseUser(), connections.clickhousePassword(), body.length)
                .getBytes(StandardCharsets.US_ASCII));
        output.write(body);
        output.flush();
        return socket;
    }

    /// How many running queries contain a text.
    int running(String text) throws IOException, InterruptedException {
        return Integer.parseInt(run("SELECT count() FROM system.processes WHERE position(query, '"
                + text.substring(0, 3) + "' || '" + text.substring(3) + "') > 0"));
    }

    static String text(HttpResponse<byte[]> response) {
        return new String(response.body(), StandardCharsets.UTF_8);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
