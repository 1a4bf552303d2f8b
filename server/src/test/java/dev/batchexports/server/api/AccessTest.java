package dev.batchexports.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.server.TestServer;
import dev.batchexports.server.security.Scope;
import dev.batchexports.server.security.TokenService;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

/// Who may do what.
class AccessTest {
    private final TestServer server = TestServer.get();
    private final TokenService tokens = server.bean(TokenService.class);
    private final ApiClient admin = ApiClient.forNewProject();

    @Test
    void everyRouteRefusesWhoeverHasNoTokenExceptThosePublicByIntent() {
        ApiClient nobody = admin.withToken("");
        List<String> open = new ArrayList<>();
        server.routes().getHandlerMethods().forEach((info, method) -> {
            for (String pattern : info.getPatternValues()) {
                String path = pattern.replace("{project_id}", "1")
                        .replaceAll("\\{\\w+}", UUID.randomUUID().toString());
                Set<?> methods = info.getMethodsCondition().getMethods();
                String verb =
                        methods.isEmpty() ? "GET" : methods.iterator().next().toString();
                ApiClient.Answer answer = nobody.send(verb, path, "");
                if (answer.status() < 400 || answer.status() == 503) {
                    open.add(path);
                } else if (!path.equals("/error") && !path.equals(PublicPaths.SIGN_IN)) {
                    assertThat(answer.status()).as(verb + " " + path).isEqualTo(401);
                    assertThat(answer.header("www-authenticate")).startsWith("Bearer");
                    assertThat(answer.json().get("code").stringValue()).isEqualTo("unauthenticated");
                }
            }
        });

        assertThat(open)
                .containsExactlyInAnyOrder(
                        "/api/health/live", "/api/health/ready", "/api/openapi.json", "/api/docs", "/metrics");
    }

    @Test
    void everyOwnRouteNamesItsScopeOrIsPublic() {
        server.routes().getHandlerMethods().forEach((info, method) -> {
            boolean own =
                    method.getBeanType().getPackageName().equals(getClass().getPackageName());
            boolean isPublic = info.getPatternValues().stream().allMatch(PublicPaths::contains);
            if (own && !isPublic) {
                assertThat(method.getMethodAnnotation(RequiresScope.class))
                        .as(method.toString())
                        .isNotNull();
            }
        });
    }

    @Test
    void anUnknownPathBelowApiAsksForATokenFirst() {
        assertThat(admin.withToken("").send("GET", "/api/secret", "").status()).isEqualTo(401);
        assertThat(admin.withToken("").send("GET", "/error", "").status()).isEqualTo(404);
    }

    @Test
    void askingWhichMethodsAPathTakesNeedsATokenToo() {
        ApiClient.Answer answer = admin.send("OPTIONS", admin.exports(), "").is(200);

        assertThat(answer.header("allow")).contains("GET").contains("POST");
        admin.withToken("").send("OPTIONS", admin.exports(), "").is(401);
    }

    @Test
    void aTokenThatIsUnknownOrExpiredIsRefused() {
        String expired =
                tokens.issue("old", Set.of(Scope.ADMIN), null, Instant.now().minusSeconds(1));

        for (String token : List.of("bxt_unknown", expired)) {
            ApiClient.Answer answer = admin.withToken(token).get("").is(401);
            assertThat(answer.json().get("code").stringValue()).isEqualTo("invalid_token");
            assertThat(answer.header("www-authenticate")).contains("invalid_token");
        }
    }

    @Test
    void aTokenThatHasNotExpiredYetIsGood() {
        String fresh =
                tokens.issue("new", Set.of(Scope.READ), null, Instant.now().plusSeconds(600));

        admin.withToken(fresh).get("").is(200);
    }

    @Test
    void readingIsAllThatTheReadScopeAllows() {
        String id = admin.create(ApiClient.hourlyExport());
        ApiClient reader = admin.withToken(tokens.issue("reader", Set.of(Scope.READ), null));

        reader.get("").is(200);
        reader.get(id + "/").is(200);
        for (ApiClient.Answer answer : List.of(
                reader.post("", ApiClient.hourlyExport()),
                reader.patch(id + "/", Map.of("name", "other")),
                reader.delete(id + "/"),
                reader.post(id + "/pause/", Map.of()),
                reader.post("test/", ApiClient.hourlyExport()))) {
            answer.is(403);
            assertThat(answer.json().get("code").stringValue()).isEqualTo("missing_scope");
            assertThat(answer.json().get("detail").stringValue()).contains("batch_export:write");
        }
    }

    @Test
    void theWriteScopeAllowsReadingToo() {
        ApiClient writer = admin.withToken(tokens.issue("writer", Set.of(Scope.WRITE), null));

        String id = writer.create(ApiClient.hourlyExport());

        writer.get(id + "/").is(200);
        writer.delete(id + "/").is(204);
    }

    @Test
    void aTokenOfOneProjectIsGoodForNoOther() {
        String id = admin.create(ApiClient.hourlyExport());
        ApiClient own = admin.withToken(tokens.issue("own", Set.of(Scope.ADMIN), admin.project()));
        ApiClient foreign = admin.withToken(tokens.issue("foreign", Set.of(Scope.ADMIN), admin.project() + 1));

        own.get(id + "/").is(200);
        for (String path : List.of("", id + "/", UUID.randomUUID() + "/")) {
            ApiClient.Answer answer = foreign.get(path).is(403);
            assertThat(answer.json().get("code").stringValue()).isEqualTo("wrong_project");
        }
        foreign.send("GET", "/api/projects/x/batch_exports/", "").is(404);
        foreign.send("GET", "/api/destination_types/", "").is(200);
    }

    @Test
    void anExportIsSeenInItsOwnProjectOnly() {
        String id = admin.create(ApiClient.hourlyExport());
        ApiClient other = ApiClient.forNewProject();

        for (ApiClient.Answer answer : List.of(
                other.get(id + "/"),
                other.patch(id + "/", Map.of("name", "stolen")),
                other.delete(id + "/"),
                other.post(id + "/pause/", Map.of()),
                other.get(id + "/runs/"),
                other.get(id + "/logs/"),
                other.get(id + "/backfills/"),
                other.get(id + "/schedule/"),
                other.get(id + "/intervals/"))) {
            answer.is(404);
            assertThat(answer.json().get("code").stringValue()).isEqualTo("not_found");
        }
        assertThat(other.get("").json().get("results")).isEmpty();
        admin.get(id + "/").is(200);
    }

    @Test
    void tokensAreStoredAsHashesAndNotAsThemselves() {
        String token = tokens.issue("stored", Set.of(Scope.READ), null);

        assertThat(token).matches("bxt_[A-Za-z0-9_-]{43}");
        String rows = server.bean(JdbcClient.class)
                .sql("select api_tokens::text from api_tokens")
                .query(String.class)
                .list()
                .toString();
        assertThat(rows).contains("bootstrap", "stored").doesNotContain(token, TestServer.TOKEN);
    }
}
