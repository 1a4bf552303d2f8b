package dev.batchexports.server.api;

import static dev.batchexports.server.api.ApiClient.hourlyExport;
import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.server.TestServer;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.JsonNode;

/// Issuing, listing and deleting tokens.
class TokenRoutesTest {
    private static final String TOKENS = "/api/tokens/";

    private final TestServer server = TestServer.get();
    private final ApiClient admin = ApiClient.forNewProject();

    private static Map<String, Object> form(String... scopes) {
        return new HashMap<>(Map.of("name", "a program", "scopes", List.of(scopes)));
    }

    private static Map<String, Object> formOf(long project, String... scopes) {
        Map<String, Object> form = form(scopes);
        form.put("project_id", project);
        return form;
    }

    private static ApiClient.Answer issue(ApiClient holder, Map<String, Object> form) {
        return holder.send("POST", TOKENS, ApiClient.JSON.writeValueAsString(form));
    }

    private ApiClient with(Map<String, Object> form) {
        return admin.withToken(issue(admin, form).is(201).json().get("token").stringValue());
    }

    @Test
    void aTokenIsShownOnceAndStoredAsAHash() {
        JsonNode issued = issue(admin, formOf(admin.project(), "batch_export:read"))
                .is(201)
                .json();
        String token = issued.get("token").stringValue();

        assertThat(token).matches("bxt_[A-Za-z0-9_-]{43}");
        assertThat(issued.get("project_id").longValue()).isEqualTo(admin.project());
        JsonNode listed = admin.send("GET", TOKENS, "").is(200).json();
        assertThat(ApiClient.texts(listed.get("results"), "id"))
                .contains(issued.get("id").stringValue());
        assertThat(listed.toString()).doesNotContain(token, "hash");
        assertThat(server.bean(JdbcClient.class)
                        .sql("select api_tokens::text from api_tokens")
                        .query(String.class)
                        .list()
                        .toString())
                .doesNotContain(token);
        admin.withToken(token).get("").is(200);
    }

    @Test
    void aTokenOfOneProjectReadsNothingOfAnother() {
        ApiClient second = ApiClient.forNewProject();
        String export = second.create(hourlyExport());
        ApiClient first = with(formOf(admin.project(), "batch_export:read", "batch_export:write", "admin"));
        String path = "/api/projects/" + second.project() + "/";

        for (String read : List.of(
                "batch_exports/",
                "batch_exports/" + export + "/",
                "batch_exports/" + export + "/runs/",
                "batch_exports/" + export + "/logs/",
                "batch_exports/" + export + "/backfills/",
                "batch_exports/" + export + "/intervals/",
                "webhooks/")) {
            ApiClient.Answer answer = first.send("GET", path + read, "").is(403);
            assertThat(answer.body()).doesNotContain("events to S3");
        }
        first.get(export + "/").is(404);
        first.get("").is(200);
    }

    @Test
    void aTokenOfOneProjectMakesSeesAndDeletesTokensOfThisProjectOnly() {
        ApiClient second = ApiClient.forNewProject();
        String foreign = issue(admin, formOf(second.project(), "admin"))
                .is(201)
                .json()
                .get("id")
                .stringValue();
        ApiClient first = with(formOf(admin.project(), "admin"));

        assertThat(issue(first, formOf(second.project(), "admin")).is(400).errors())
                .containsOnlyKeys("/project_id");
        JsonNode made = issue(first, form("batch_export:write")).is(201).json();
        assertThat(made.get("project_id").longValue()).isEqualTo(admin.project());
        first.send("GET", TOKENS, "")
                .is(200)
                .json()
                .get("results")
                .forEach(
                        token -> assertThat(token.get("project_id").longValue()).isEqualTo(admin.project()));
        first.send("DELETE", TOKENS + foreign + "/", "").is(404);
        first.send("DELETE", TOKENS + made.get("id").stringValue() + "/", "").is(204);
    }

    @Test
    void onlyAnAdminHandlesTokens() {
        for (String scope : List.of("batch_export:read", "batch_export:write")) {
            ApiClient client = with(form(scope));

            assertThat(client.send("GET", TOKENS, "").is(403).json().get("code").stringValue())
                    .isEqualTo("missing_scope");
            issue(client, form("admin")).is(403);
            client.send("DELETE", TOKENS + UUID.randomUUID() + "/", "").is(403);
        }
    }

    @Test
    void aDeletedTokenStopsToWorkAtOnce() {
        JsonNode issued = issue(admin, form("batch_export:read")).is(201).json();
        ApiClient client = admin.withToken(issued.get("token").stringValue());
        client.get("").is(200);

        admin.send("DELETE", TOKENS + issued.get("id").stringValue() + "/", "").is(204);

        client.get("").is(401);
        admin.send("DELETE", TOKENS + issued.get("id").stringValue() + "/", "").is(404);
    }

    @Test
    void aTokenStopsToWorkWhenItExpires() {
        Map<String, Object> form = form("batch_export:read");
        form.put("expires_at", Instant.now().plus(1, ChronoUnit.HOURS).toString());
        JsonNode issued = issue(admin, form).is(201).json();
        ApiClient client = admin.withToken(issued.get("token").stringValue());
        client.get("").is(200);

        server.bean(JdbcClient.class)
                .sql("update api_tokens set expires_at = now() where id = :id")
                .param("id", UUID.fromString(issued.get("id").stringValue()))
                .update();

        client.get("").is(401);
    }

    @Test
    void theTokenThatAsksIsNotDeleted() {
        JsonNode issued = issue(admin, form("admin")).is(201).json();
        ApiClient client = admin.withToken(issued.get("token").stringValue());

        assertThat(client.send("DELETE", TOKENS + issued.get("id").stringValue() + "/", "")
                        .is(409)
                        .json()
                        .get("code")
                        .stringValue())
                .isEqualTo("token_in_use");
        client.get("").is(200);
    }

    @Test
    void aRequestIsValidated() {
        Map<String, Map<String, Object>> wrong = Map.of(
                "/name", Map.of("name", " "),
                "/scopes", Map.of("scopes", List.of()),
                "/scopes/0", Map.of("scopes", List.of("everything")),
                "/project_id", Map.of("project_id", 0),
                "/expires_at", Map.of("expires_at", "2020-01-01T00:00:00Z"),
                "/colour", Map.of("colour", "red"));
        wrong.forEach((pointer, change) -> {
            Map<String, Object> form = form("batch_export:read");
            form.putAll(change);
            assertThat(issue(admin, form).is(400).errors()).containsOnlyKeys(pointer);
        });
    }
}
