package dev.batchexports.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.server.TestServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Every failure is a problem document that says what is wrong and nothing of the inside.
class ProblemTest {
    private final ApiClient client = ApiClient.forNewProject();

    private static void isProblem(ApiClient.Answer answer, int status, String code) {
        answer.is(status);
        assertThat(answer.header("content-type")).isEqualTo("application/problem+json");
        assertThat(answer.json().propertyNames()).contains("type", "title", "status", "detail", "code");
        assertThat(answer.json().get("status").intValue()).isEqualTo(status);
        assertThat(answer.json().get("code").stringValue()).isEqualTo(code);
        assertThat(answer.body()).doesNotContain("Exception", "dev.batchexports", "springframework");
    }

    @Test
    void anUnknownRoute() {
        isProblem(client.send("GET", "/api/nothing", ""), 404, "unknown_route");
        isProblem(client.send("GET", "/api/projects/1/batch_exports/a/b/c/d/", ""), 404, "unknown_route");
        isProblem(client.send("GET", "/nothing", ""), 404, "unknown_route");
    }

    @Test
    void anUnknownOrMalformedId() {
        isProblem(client.get(UUID.randomUUID() + "/"), 404, "not_found");
        isProblem(client.get("no-uuid/"), 404, "not_found");
        isProblem(client.send("GET", "/api/projects/x/batch_exports/", ""), 404, "not_found");
    }

    @Test
    void aMethodThatThePathDoesNotTake() {
        ApiClient.Answer answer = client.send("PUT", client.exports(), "{}");

        isProblem(answer, 405, "method_not_allowed");
        assertThat(answer.header("allow")).contains("GET").contains("POST");
    }

    @Test
    void aMediaTypeThatCannotBeAnswered() {
        isProblem(client.send("GET", client.exports(), "", "Accept", "text/csv"), 406, "not_acceptable");
    }

    @Test
    void aBodyThatIsNoJsonByItsMediaType() {
        isProblem(
                client.send("POST", client.exports(), "{}", "Content-Type", "text/plain"),
                415,
                "unsupported_media_type");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{", "{\"name\": }", "not json", "{\"name\": \"a\"} trailing", "{\"a\": 1, \"a\": 2}"})
    void aBodyThatIsNoJson(String body) {
        isProblem(client.send("POST", client.exports(), body), 400, "malformed_json");
    }

    @Test
    void noBodyWhereOneIsNeeded() {
        isProblem(client.send("POST", client.exports(), "", "Content-Type", "application/json"), 400, "malformed_json");
    }

    @ParameterizedTest
    @ValueSource(strings = {"[]", "\"text\"", "5", "true", "null"})
    void aBodyThatIsNoObject(String body) {
        ApiClient.Answer answer = client.send("POST", client.exports(), body);

        isProblem(answer, 400, "invalid_request");
        assertThat(answer.errors()).containsEntry("", "must be a JSON object");
    }

    @Test
    void aBodyThatIsTooLong() {
        String body = "{\"name\": \"" + "x".repeat(1 << 20) + "\"}";

        isProblem(client.send("POST", client.exports(), body), 413, "body_too_long");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", " ", "0"})
    void aBodyOfUntoldLengthThatIsTooLong(String content) throws IOException {
        String chunk = content.repeat(0x8000);
        StringBuilder request = new StringBuilder("POST " + client.exports() + " HTTP/1.1\r\nHost: localhost\r\n"
                + "Authorization: Bearer " + TestServer.TOKEN + "\r\nContent-Type: application/json\r\n"
                + "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n");
        for (int count = 0; count < 40; count++) {
            request.append("8000\r\n").append(chunk).append("\r\n");
        }

        assertThat(raw(request.append("0\r\n\r\n").toString()))
                .startsWith("HTTP/1.1 413")
                .contains("body_too_long");
    }

    @Test
    void aBodyOfUntoldLengthIsReadLikeAnyOther() throws IOException {
        assertThat(raw("POST " + client.exports() + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
                        + TestServer.TOKEN + "\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
                        + "Connection: close\r\n\r\n9\r\n{\"naem\":1\r\n1\r\n}\r\n0\r\n\r\n"))
                .startsWith("HTTP/1.1 400")
                .contains("/naem", "is not a known field");
    }

    @Test
    void aQueryParameterThatTheRouteDoesNotTake() {
        ApiClient.Answer answer = client.get("?statsu=paused&limit=1");

        isProblem(answer, 400, "invalid_request");
        assertThat(answer.errors())
                .containsOnly(Map.entry(
                        "/statsu",
                        "is not a query parameter of this route, which takes cursor, limit, search, status"));
        assertThat(client.post("?dry_run=true", Map.of()).is(400).errors())
                .containsOnly(Map.entry("/dry_run", "is not a query parameter of this route, which takes none"));
        client.send("GET", "/api/health/live?probe=1", "").is(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET /api/%zz HTTP/1.1", "GET /api/a b HTTP/1.1", "GET /api/projects/1%2F2/x/ HTTP/1.1"})
    void aRequestThatIsNoHttp(String line) throws IOException {
        assertThat(raw(line + "\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 400")
                .contains("application/problem+json", "malformed_request")
                .doesNotContain("Tomcat", "Exception", "<html");
    }

    @Test
    void answersTellBrowsersToGuessNothingAndKeepNothing() {
        ApiClient.Answer answer = client.get("").is(200);

        assertThat(answer.header("x-content-type-options")).isEqualTo("nosniff");
        assertThat(answer.header("x-frame-options")).isEqualTo("DENY");
        assertThat(answer.header("cache-control")).isEqualTo("no-store");
        assertThat(answer.header("content-security-policy")).contains("default-src 'none'");
        assertThat(answer.header("server")).isEmpty();
    }

    private static String raw(String request) throws IOException {
        URI server = URI.create(TestServer.get().url());
        try (Socket socket = new Socket(server.getHost(), server.getPort())) {
            OutputStream out = socket.getOutputStream();
            out.write(request.getBytes(StandardCharsets.ISO_8859_1));
            out.flush();
            InputStream in = socket.getInputStream();
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
