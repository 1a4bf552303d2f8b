package dev.batchexports.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.server.TestServer;
import dev.batchexports.server.notify.Receiver;
import dev.batchexports.server.security.Scope;
import dev.batchexports.server.security.TokenService;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.JsonNode;

/// How much and how often one may ask, for every operation of the OpenAPI document.
class RequestLimitsTest {
    private static final int TOO_LONG = (1 << 20) + 1;

    private final TestServer server = TestServer.get();
    private final ApiClient client = ApiClient.forNewProject();

    private record Operation(String method, String path) {
        String in(long project) {
            return path.replace("{project_id}", Long.toString(project))
                    .replaceAll("\\{\\w+}", UUID.randomUUID().toString());
        }
    }

    private List<Operation> operations(Predicate<JsonNode> wanted) {
        List<Operation> found = new ArrayList<>();
        client.send("GET", "/api/openapi.json", "")
                .is(200)
                .json()
                .get("paths")
                .properties()
                .forEach(path -> path.getValue().properties().forEach(operation -> {
                    if (wanted.test(operation.getValue())) {
                        found.add(new Operation(operation.getKey().toUpperCase(Locale.ROOT), path.getKey()));
                    }
                }));
        return found;
    }

    @Test
    void noOperationTakesABodyOfMoreThanAMegabyteWhetherItsLengthIsToldOrNot() throws Exception {
        List<Operation> operations = operations(operation -> operation.has("requestBody"));
        assertThat(operations).hasSizeGreaterThan(12);
        String body = "{\"name\": \"" + "x".repeat(TOO_LONG) + "\"}";
        HttpClient http = HttpClient.newHttpClient();
        for (Operation operation : operations) {
            String path = operation.in(client.project());
            ApiClient.Answer told = client.send(operation.method(), path, body);
            assertThat(told.status()).as(operation.toString()).isEqualTo(413);
            assertThat(told.json().get("code").stringValue()).isEqualTo("body_too_long");

            HttpRequest chunked = HttpRequest.newBuilder(URI.create(server.url() + path))
                    .header("Authorization", "Bearer " + TestServer.TOKEN)
                    .header("Content-Type", "application/json")
                    .method(
                            operation.method(),
                            BodyPublishers.ofInputStream(
                                    () -> new ByteArrayInputStream(body.getBytes(StandardCharsets.US_ASCII))))
                    .build();
            assertThat(http.send(chunked, BodyHandlers.ofString()).statusCode())
                    .as(operation + " without a length")
                    .isEqualTo(413);
        }
    }

    @Test
    void noListGivesMoreThanAThousandThingsAtOnce() {
        List<Operation> operations = operations(operation -> operation
                .path("parameters")
                .valueStream()
                .anyMatch(parameter -> parameter.get("name").stringValue().equals("limit")));
        assertThat(operations).hasSizeGreaterThan(7);
        String export = client.create(ApiClient.hourlyExport());
        String run = new Runs(export)
                .completed(Instant.now().truncatedTo(ChronoUnit.HOURS), 1)
                .id()
                .toString();
        String webhook = client.send(
                        "POST",
                        "/api/projects/" + client.project() + "/webhooks/",
                        ApiClient.JSON.writeValueAsString(
                                Map.of("url", "http://127.0.0.1:9/", "secret", Receiver.SECRET)))
                .is(201)
                .json()
                .get("id")
                .stringValue();
        for (Operation operation : operations) {
            String path = operation
                    .path()
                    .replace("{project_id}", Long.toString(client.project()))
                    .replace("webhooks/{id}", "webhooks/" + webhook)
                    .replace("{id}", export)
                    .replace("{run}", run);
            client.send(operation.method(), path + "?limit=1000", "").is(200);
            for (String limit : List.of("0", "-1", "1001", "2147483647", "99999999999", "1e3", "x")) {
                ApiClient.Answer refused = client.send(operation.method(), path + "?limit=" + limit, "");
                assertThat(refused.status()).as(operation + " " + limit).isEqualTo(400);
                assertThat(refused.errors()).as(operation + " " + limit).containsOnlyKeys("/limit");
            }
        }
    }

    @Test
    void aLongHeaderOrAddressIsRefusedAndNothingIsDone() throws IOException, InterruptedException {
        HttpClient http = HttpClient.newHttpClient();
        for (HttpRequest.Builder request : List.of(
                HttpRequest.newBuilder(URI.create(server.url() + client.exports() + "?search=" + "x".repeat(20_000))),
                HttpRequest.newBuilder(URI.create(server.url() + client.exports()))
                        .header("X-Long", "x".repeat(20_000)))) {
            int status = http.send(
                            request.header("Authorization", "Bearer " + TestServer.TOKEN)
                                    .build(),
                            BodyHandlers.ofString())
                    .statusCode();
            assertThat(status).isIn(400, 414, 431);
        }
    }

    @Test
    void aProjectCannotTakeAllConnectionsWithStreamsOfEvents() throws Exception {
        List<HttpResponse<InputStream>> open = new ArrayList<>();
        try (HttpClient http = HttpClient.newHttpClient()) {
            int refused = 0;
            while (refused == 0 && open.size() < 300) {
                HttpResponse<InputStream> stream = http.send(events(client.project()), BodyHandlers.ofInputStream());
                refused = stream.statusCode() == 200 ? 0 : stream.statusCode();
                open.add(stream);
            }

            assertThat(refused).isEqualTo(429);
            assertThat(open).hasSize(201);
            HttpResponse<InputStream> other = http.send(events(server.newProject()), BodyHandlers.ofInputStream());
            open.add(other);
            assertThat(other.statusCode()).isEqualTo(200);
            client.get("").is(200);
            http.shutdownNow();
        }
    }

    private HttpRequest events(long project) {
        return HttpRequest.newBuilder(URI.create(server.url() + "/api/projects/" + project + "/events/"))
                .header("Authorization", "Bearer " + TestServer.TOKEN)
                .build();
    }

    @Test
    void aTokenThatAsksTooOftenIsToldWhenToAskAgainAndNobodyElseIsHeldUp() {
        TokenService tokens = server.bean(TokenService.class);
        try (ConfigurableApplicationContext strict =
                server.startAnother(Map.of("bx.requests.per-second", 1, "bx.requests.burst", 5))) {
            ApiClient anybody = new ApiClient(TestServer.url(strict), "", client.project());
            ApiClient eager = anybody.withToken(tokens.issue("eager", Set.of(Scope.READ), null));
            ApiClient calm = anybody.withToken(tokens.issue("calm", Set.of(Scope.READ), null));

            ApiClient.Answer refused = eager.get("");
            for (int request = 0; request < 200 && refused.status() == 200; request++) {
                refused = eager.get("");
            }

            refused.is(429);
            assertThat(refused.header("content-type")).isEqualTo("application/problem+json");
            assertThat(refused.json().get("code").stringValue()).isEqualTo("too_many_requests");
            assertThat(Integer.parseInt(refused.header("retry-after"))).isBetween(1, 2);
            calm.get("").is(200);
            anybody.get("").is(401);
            for (int request = 0; request < 10; request++) {
                anybody.send("GET", "/api/health/live", "").is(200);
                anybody.send("GET", "/metrics", "").is(200);
            }
        }
    }
}
