package dev.batchexports.server.api;

import static dev.batchexports.server.api.ApiClient.hourlyExport;
import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.server.TestServer;
import dev.batchexports.server.notify.Receiver;
import dev.batchexports.server.security.Scope;
import dev.batchexports.server.security.TokenService;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/// Every operation of the OpenAPI document, asked by everybody who must not have it.
class RouteAccessTest {
    /// What anybody may ask: load balancers, Prometheus, and browsers that sign in. None of it names a project.
    private static final Set<String> PUBLIC =
            Set.of("GET /api/health/live", "GET /api/health/ready", "GET /metrics", "POST /api/sign_in");

    /// Where the method does not tell the scope: GET reads, everything else writes.
    private static final Map<String, Scope> SCOPES = Map.of(
            "previewNewSchedule", Scope.READ,
            "planBackfill", Scope.READ,
            "signOut", Scope.READ,
            "listTokens", Scope.ADMIN,
            "createToken", Scope.ADMIN,
            "deleteToken", Scope.ADMIN);

    private static final String CANARY = "canary-of-project-a";

    /// Some hour of the past, for backfills.
    private static final Instant HOUR = Instant.parse("2026-01-01T10:00:00Z");

    /// What changes by itself as time passes.
    private static final Set<String> BY_TIME =
            Set.of("streamEvents", "getOverview", "listIntervals", "listMetrics", "previewSchedule");

    private final TestServer server = TestServer.get();
    private final TokenService tokens = server.bean(TokenService.class);
    private final ApiClient nobody = ApiClient.forNewProject().withToken("");
    private final List<Operation> operations = operations();

    private record Operation(String method, String path, String id) {
        Scope scope() {
            return Objects.requireNonNull(
                    SCOPES.getOrDefault(id, method.equals("GET") ? Scope.READ : Scope.WRITE), "a scope");
        }

        boolean isPublic() {
            return PUBLIC.contains(method + " " + path);
        }

        /// Its path in a project, with these ids for the others.
        String in(long project, Map<String, String> ids) {
            String filled = path.replace("{project_id}", Long.toString(project));
            for (Map.Entry<String, String> entry : ids.entrySet()) {
                filled = filled.replace("{" + entry.getKey() + "}", entry.getValue());
            }
            return filled.replaceAll("\\{\\w+}", UUID.randomUUID().toString());
        }

        /// A body that nothing is wrong with, so that it is not what the request is refused for.
        String body() {
            Map<String, ?> body = switch (id) {
                case "createBatchExport", "testConnection" -> hourlyExport();
                case "previewRows", "adviseReading" -> Map.of("model", "events");
                case "previewNewSchedule" -> Map.of("interval", "hour");
                case "changeBatchExport", "changeWebhook" -> Map.of("name", "stolen");
                case "createBackfill", "planBackfill" ->
                    Map.of("start_at", HOUR.minusSeconds(7200).toString(), "end_at", HOUR.toString());
                case "createWebhook" -> Map.of("url", "http://127.0.0.1:9/", "secret", Receiver.SECRET);
                case "createToken" -> Map.of("name", "stolen", "scopes", List.of("admin"));
                default -> Map.of();
            };
            return method.equals("GET") || method.equals("DELETE") ? "" : ApiClient.JSON.writeValueAsString(body);
        }

        @Override
        public String toString() {
            return method + " " + path;
        }
    }

    /// A project with one of everything, each named after the canary.
    private final class Tenant {
        final ApiClient client = ApiClient.forNewProject();
        final Map<String, String> ids = new HashMap<>();
        final String webhook;
        final String token;

        Tenant() {
            Map<String, Object> body = hourlyExport();
            body.put("name", CANARY);
            ApiClient.config(body).put("prefix", CANARY);
            Instant hour = Instant.now().truncatedTo(ChronoUnit.HOURS);
            body.put("start_at", hour.minus(5, ChronoUnit.HOURS).toString());
            String export = client.create(body);
            ids.put("run", new Runs(export).completed(hour, 3).id().toString());
            new Runs(export).failed(hour.minus(1, ChronoUnit.HOURS));
            ids.put(
                    "backfill",
                    id(client.post(
                            export + "/backfills/",
                            Map.of("start_at", HOUR.minusSeconds(7200).toString(), "end_at", HOUR.toString()))));
            ids.put("id", export);
            webhook = id(send(
                    "webhooks/",
                    Map.of("url", "http://127.0.0.1:9/" + CANARY, "secret", Receiver.SECRET, "enabled", false)));
            token = id(client.send(
                    "POST",
                    "/api/tokens/",
                    ApiClient.JSON.writeValueAsString(
                            Map.of("name", CANARY, "scopes", List.of("admin"), "project_id", client.project()))));
        }

        private ApiClient.Answer send(String path, Map<String, ?> body) {
            return client.send(
                    "POST", "/api/projects/" + client.project() + "/" + path, ApiClient.JSON.writeValueAsString(body));
        }

        private static String id(ApiClient.Answer answer) {
            return answer.is(201).json().get("id").stringValue();
        }

        Map<String, String> idsFor(Operation operation) {
            Map<String, String> chosen = new HashMap<>(ids);
            if (operation.path().contains("/webhooks/")) {
                chosen.put("id", webhook);
            } else if (operation.path().contains("/tokens/")) {
                chosen.put("id", token);
            }
            return chosen;
        }

        /// Everything that reading tells about this project, whenever one asks.
        String everything() {
            StringBuilder all = new StringBuilder();
            for (Operation operation : operations) {
                if (operation.method().equals("GET")
                        && operation.path().contains("{project_id}")
                        && !BY_TIME.contains(operation.id())) {
                    ApiClient.Answer answer = client.send("GET", operation.in(client.project(), idsFor(operation)), "");
                    all.append(operation)
                            .append(' ')
                            .append(answer.is(200).body())
                            .append('\n');
                }
            }
            return all.toString();
        }

        ApiClient admin() {
            return client.withToken(tokens.issue("admin", Set.of(Scope.ADMIN), client.project()));
        }
    }

    private List<Operation> operations() {
        List<Operation> found = new ArrayList<>();
        nobody.send("GET", "/api/openapi.json", "")
                .is(200)
                .json()
                .get("paths")
                .properties()
                .forEach(path -> path.getValue()
                        .properties()
                        .forEach(operation -> found.add(new Operation(
                                operation.getKey().toUpperCase(Locale.ROOT),
                                path.getKey(),
                                operation.getValue().get("operationId").stringValue()))));
        assertThat(found).hasSizeGreaterThan(45);
        return found;
    }

    @Test
    void withoutATokenEveryOperationButThePublicOnesIsRefused() {
        Set<String> open = new TreeSet<>();
        for (Operation operation : operations) {
            ApiClient.Answer answer = nobody.send(operation.method(), operation.in(1, Map.of()), operation.body());
            if (answer.status() == 401) {
                assertThat(answer.json().get("code").stringValue())
                        .as(operation.toString())
                        .isEqualTo("unauthenticated");
            } else {
                open.add(operation.toString());
            }
        }

        assertThat(open).containsExactlyInAnyOrderElementsOf(PUBLIC);
    }

    @Test
    void aTokenThatLacksTheScopeIsRefusedAndOneThatHasItIsNot() {
        Map<Scope, String> lesser = Map.of(
                Scope.READ, tokens.issue("none", Set.of(), null),
                Scope.WRITE, tokens.issue("reader", Set.of(Scope.READ), null),
                Scope.ADMIN, tokens.issue("writer", Set.of(Scope.WRITE), null));
        Map<Scope, String> enough = Map.of(
                Scope.READ, Objects.requireNonNull(lesser.get(Scope.WRITE)),
                Scope.WRITE, Objects.requireNonNull(lesser.get(Scope.ADMIN)),
                Scope.ADMIN, TestServer.TOKEN);
        for (Operation operation : operations) {
            if (operation.isPublic()) {
                continue;
            }
            String path = operation.in(server.newProject(), Map.of());
            ApiClient.Answer refused = nobody.withToken(Objects.requireNonNull(lesser.get(operation.scope())))
                    .send(operation.method(), path, operation.body());
            assertThat(refused.status()).as(operation.toString()).isEqualTo(403);
            assertThat(refused.json().get("code").stringValue())
                    .as(operation.toString())
                    .isEqualTo("missing_scope");
            if (!operation.id().equals("streamEvents")) { // which does not end
                ApiClient.Answer allowed = nobody.withToken(Objects.requireNonNull(enough.get(operation.scope())))
                        .send(operation.method(), path, operation.body());
                assertThat(allowed.status())
                        .as(operation + ": " + allowed.body())
                        .isNotIn(401, 403);
                assertThat(allowed.status())
                        .as(operation + ": " + allowed.body())
                        .isLessThan(500);
            }
        }
    }

    @Test
    void aTokenOfAnotherProjectGetsNothingAndChangesNothing() {
        Tenant tenant = new Tenant();
        String before = tenant.everything();
        assertThat(before).contains(CANARY);
        ApiClient stranger = new Tenant().admin();

        for (Operation operation : operations) {
            if (operation.isPublic()) {
                continue;
            }
            String path = operation.in(tenant.client.project(), tenant.idsFor(operation));
            boolean ofProject = operation.path().contains("{project_id}");
            boolean ofThing = operation.path().contains("{id}");
            if (ofProject) {
                ApiClient.Answer refused = stranger.send(operation.method(), path, operation.body());
                assertThat(refused.status()).as(operation.toString()).isEqualTo(403);
                assertThat(refused.json().get("code").stringValue())
                        .as(operation.toString())
                        .isEqualTo("wrong_project");
                assertThat(refused.body()).as(operation.toString()).doesNotContain(CANARY);
            }
            if (ofThing) {
                // the thing of the one project, asked for in the other
                String inOwn = operation.in(stranger.project(), tenant.idsFor(operation));
                ApiClient.Answer missing = stranger.send(operation.method(), inOwn, operation.body());
                assertThat(missing.status())
                        .as(operation + ": " + missing.body())
                        .isEqualTo(404);
                assertThat(missing.body()).as(operation.toString()).doesNotContain(CANARY);
            }
            if (!ofProject && !ofThing && !operation.id().equals("createToken")) {
                ApiClient.Answer general = stranger.send(operation.method(), path, operation.body());
                assertThat(general.body())
                        .as(operation.toString())
                        .doesNotContain(tenant.token)
                        .doesNotContain(tenant.ids.values());
            }
        }

        assertThat(tenant.everything()).isEqualTo(before);
        assertThat(tenant.client.send("GET", "/api/tokens/", "").is(200).body()).contains(tenant.token);
    }

    @Test
    void aRunOrBackfillOfAnotherProjectIsNotFoundBelowAnOwnExport() {
        Tenant tenant = new Tenant();
        Tenant other = new Tenant();
        ApiClient stranger = other.admin();
        for (Operation operation : operations) {
            for (String part : List.of("run", "backfill")) {
                if (operation.path().contains("{" + part + "}")) {
                    Map<String, String> mixed = new HashMap<>(other.ids);
                    mixed.put(part, Objects.requireNonNull(tenant.ids.get(part)));
                    ApiClient.Answer missing =
                            stranger.send(operation.method(), operation.in(stranger.project(), mixed), "");
                    assertThat(missing.status())
                            .as(operation + ": " + missing.body())
                            .isEqualTo(404);
                }
            }
        }
    }

    @Test
    void filtersCursorsAndReferencesReachNothingOfAnotherProject() {
        Tenant tenant = new Tenant();
        Map<String, Object> second = hourlyExport();
        second.put("name", CANARY + "-2");
        tenant.client.create(second);
        String cursor = tenant.client.get("?limit=1").is(200).json().get("next").stringValue();
        cursor =
                cursor.substring(cursor.indexOf("cursor=") + "cursor=".length()).replaceAll("&.*", "");
        Tenant other = new Tenant();
        ApiClient stranger = other.admin();
        String export = Objects.requireNonNull(other.ids.get("id"));

        assertThat(stranger.get("?limit=10&cursor=" + cursor).is(200).body())
                .doesNotContain(Objects.requireNonNull(tenant.ids.get("id")));
        assertThat(stranger.get("?search=" + CANARY).is(200).json().get("results"))
                .hasSize(1);
        assertThat(stranger.get(export + "/runs/?backfill_id=" + tenant.ids.get("backfill"))
                        .is(200)
                        .json()
                        .get("results"))
                .isEmpty();
        assertThat(stranger.post("preview/", Map.of("id", Objects.requireNonNull(tenant.ids.get("id"))))
                        .is(400)
                        .body())
                .doesNotContain(CANARY);
        assertThat(stranger.post("test/", Map.of("id", Objects.requireNonNull(tenant.ids.get("id"))))
                        .is(400)
                        .body())
                .doesNotContain(CANARY);
        assertThat(stranger.send(
                                "POST",
                                "/api/projects/" + stranger.project() + "/webhooks/",
                                ApiClient.JSON.writeValueAsString(Map.of(
                                        "url",
                                        "http://127.0.0.1:9/",
                                        "secret",
                                        Receiver.SECRET,
                                        "batch_export_id",
                                        Objects.requireNonNull(tenant.ids.get("id")))))
                        .is(400)
                        .errors())
                .containsOnlyKeys("/batch_export_id");
        // A project in the body does not outdo the one of the path.
        Map<String, Object> smuggled = hourlyExport();
        smuggled.put("project_id", tenant.client.project());
        stranger.post("", smuggled).is(400);
    }

    @Test
    void methodsThatAreNotDocumentedReachNothing() {
        Set<String> documented = new TreeSet<>();
        operations.forEach(operation -> documented.add(operation.toString()));
        for (String path :
                new TreeSet<>(operations.stream().map(Operation::path).toList())) {
            for (String method : List.of("GET", "POST", "PUT", "PATCH", "DELETE")) {
                Operation other = new Operation(method, path, "");
                if (!documented.contains(other.toString())) {
                    String filled = other.in(server.newProject(), Map.of());
                    ApiClient.Answer refused = nobody.send(method, filled, "");
                    assertThat(refused.status()).as(other.toString()).isIn(401, 403, 405);
                    // Where the last word of the path is taken for an id, there is none such.
                    assertThat(nobody.withToken(TestServer.TOKEN)
                                    .send(method, filled, "")
                                    .status())
                            .as(other.toString())
                            .isIn(404, 405, 415);
                }
            }
        }
    }

    /// What frameworks would show of the inside of a process, if they were let.
    @Test
    void nothingShowsTheInsideOfTheProcess() {
        for (String path : List.of(
                "/actuator",
                "/actuator/env",
                "/actuator/heapdump",
                "/actuator/configprops",
                "/actuator/threaddump",
                "/api/actuator/env",
                "/v3/api-docs",
                "/h2-console",
                "/jolokia",
                "/manager/html")) {
            ApiClient.Answer answer = nobody.withToken(TestServer.TOKEN).send("GET", path, "");
            assertThat(answer.status()).as(path).isEqualTo(404);
        }
    }

    /// Spellings of a protected path that a filter and the router might read differently.
    @Test
    void noSpellingOfAPathGetsAroundTheToken() throws IOException {
        Tenant tenant = new Tenant();
        String exports = tenant.client.exports();
        for (String spelling : List.of(
                exports,
                "/" + exports,
                exports.replace("/api/", "/api//"),
                exports.replace("/api/", "/%61pi/"),
                exports.replace("/api/", "/api%2f"),
                exports.replace("/api/", "/API/"),
                exports.replace("/api/", "/api;x=y/"),
                exports.replace("/api/", "/api/./"),
                exports.replace("/api/", "/x/../api/"),
                exports.replace("/api/", "/x/%2e%2e/api/"),
                exports.replace("/api/", "/metrics/../api/"),
                exports.replace("/api/", "/api/docs/assets/../../"),
                exports.replace("/api/", "/api/docs/assets/%2e%2e/%2e%2e/"),
                exports.replace("/api/", "/api/docs/assets/..;/../"),
                exports.replace("/api/", "/api\\"),
                exports + "?/metrics",
                exports + ";/metrics",
                exports + "#/metrics",
                "http://127.0.0.1/metrics/.." + exports)) {
            String answer = raw("GET " + spelling + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");

            assertThat(answer).as(spelling).doesNotContain(CANARY, "\"results\"");
            assertThat(answer.substring("HTTP/1.1 ".length(), "HTTP/1.1 200".length()))
                    .as(spelling)
                    .isIn("400", "401", "403", "404");
        }
    }

    /// Sends bytes as they are: a client would put the path in order.
    private String raw(String request) throws IOException {
        URI uri = URI.create(server.url());
        try (Socket socket = new Socket(uri.getHost(), uri.getPort())) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
