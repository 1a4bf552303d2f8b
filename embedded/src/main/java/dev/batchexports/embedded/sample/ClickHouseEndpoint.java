package dev.batchexports.embedded.sample;

import dev.batchexports.embedded.Connections;
import dev.batchexports.embedded.EmbeddedException;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.stream.Collectors;

/// A ClickHouse HTTP interface, embedded or not.
///
/// @param url such as `http://127.0.0.1:8123`
public record ClickHouseEndpoint(String url, String user, String password, String database) {

    /// The ClickHouse of a platform.
    public static ClickHouseEndpoint of(Connections connections) {
        return new ClickHouseEndpoint(
                connections.clickhouseUrl(),
                connections.clickhouseUser(),
                connections.clickhousePassword(),
                connections.clickhouseDatabase());
    }

    /// Runs one statement to its end.
    ///
    /// @param parameters settings, and query parameters with the prefix `param_`
    /// @return the answer's text
    /// @throws EmbeddedException with ClickHouse's message if it fails
    String run(HttpClient client, String sql, Map<String, String> parameters) {
        String query = parameters.entrySet().stream()
                .map(entry -> encoded(entry.getKey()) + "=" + encoded(entry.getValue()))
                .collect(Collectors.joining("&", "/?database=" + encoded(database) + "&", ""));
        HttpRequest request = HttpRequest.newBuilder(URI.create(url.replaceAll("/+$", "") + query))
                .header("X-ClickHouse-User", user)
                .header("X-ClickHouse-Key", password)
                .POST(BodyPublishers.ofString(sql))
                .build();
        try {
            HttpResponse<String> response = client.send(request, BodyHandlers.ofString());
            if (response.statusCode() != 200 || response.body().contains("\r\n__exception__\r\n")) {
                throw new EmbeddedException("ClickHouse at " + url + " refused a statement for the sample data: "
                        + response.body().strip());
            }
            return response.body();
        } catch (IOException failure) {
            throw new EmbeddedException("ClickHouse at " + url + " did not answer: check that it runs.", failure);
        } catch (InterruptedException failure) {
            Thread.currentThread().interrupt();
            throw new EmbeddedException("Loading the sample data was interrupted.", failure);
        }
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    /// Holds no password.
    @Override
    public String toString() {
        return "ClickHouseEndpoint[" + url + ", database " + database + "]";
    }
}
