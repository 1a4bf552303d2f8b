package dev.batchexports.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.server.TestServer;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.springframework.web.servlet.mvc.method.RequestMappingInfo;
import tools.jackson.databind.JsonNode;

/// The description of the API is whole and says what is true.
class OpenApiTest {
    private final ApiClient client = ApiClient.forNewProject();
    private final JsonNode document =
            client.withToken("").send("GET", "/api/openapi.json", "").is(200).json();

    @Test
    void describesEveryRouteAndNoOther() {
        Set<String> routes = new TreeSet<>();
        TestServer.get().routes().getHandlerMethods().forEach((info, method) -> {
            boolean own =
                    method.getBeanType().getPackageName().equals(getClass().getPackageName());
            if (own && method.getBeanType() != ErrorRoute.class && method.getBeanType() != DocsRoute.class) {
                routes.addAll(described(info));
            }
        });

        Set<String> documented = new TreeSet<>();
        document.get("paths")
                .properties()
                .forEach(path -> path.getValue()
                        .propertyNames()
                        .forEach(method -> documented.add(method.toUpperCase(Locale.ROOT) + " " + path.getKey())));

        assertThat(documented).isEqualTo(routes).hasSizeGreaterThan(24);
    }

    private static Set<String> described(RequestMappingInfo info) {
        Set<String> routes = new TreeSet<>();
        for (String path : info.getPatternValues()) {
            info.getMethodsCondition().getMethods().forEach(method -> routes.add(method + " " + path));
        }
        return routes;
    }

    @Test
    void isOfVersion31WithNamedSchemasAndATokenScheme() {
        assertThat(document.get("openapi").stringValue()).startsWith("3.1");
        assertThat(document.at("/components/schemas").propertyNames())
                .contains("BatchExport", "BatchExportRequest", "Run", "Backfill", "Problem", "Model", "Destination");
        assertThat(document.at("/components/securitySchemes/token/scheme").stringValue())
                .isEqualTo("bearer");
        assertThat(document.toString()).doesNotContain("createdAt", "JsonNode");
    }

    @Test
    void everySchemaThatIsReferredToIsThere() {
        Set<String> missing = Pattern.compile("\"#/components/schemas/([^\"]+)\"")
                .matcher(document.toString())
                .results()
                .map(match -> match.group(1))
                .filter(name -> !document.at("/components/schemas").has(name))
                .collect(Collectors.toSet());

        assertThat(missing).isEmpty();
    }

    @Test
    void everyProtectedOperationDocumentsHowItFails() {
        document.get("paths")
                .properties()
                .forEach(path -> path.getValue().forEach(operation -> {
                    if (operation.get("security").isEmpty()) {
                        assertThat(PublicPaths.contains(path.getKey())).isTrue();
                    } else {
                        assertThat(operation.get("responses").propertyNames())
                                .as(path.getKey())
                                .contains("400", "401", "403", "406", "429", "503");
                    }
                }));
    }

    @Test
    void everyFieldOfAnAnswerIsRequiredAndOnlyThoseThatMayBeNullAllowIt() {
        JsonNode run = document.at("/components/schemas/Run");

        assertThat(run.get("required").valueStream().map(JsonNode::stringValue))
                .containsExactlyInAnyOrderElementsOf(run.get("properties").propertyNames());
        assertThat(run.at("/properties/backfill_id/type").toString()).contains("null");
        assertThat(run.at("/properties/id/type").toString()).doesNotContain("null");
        assertThat(run.at("/properties/latest_error/anyOf").toString()).contains("RunError", "null");
    }

    @Test
    void requestsAllowNoUnknownFieldAndDescribeTheDestination() {
        JsonNode request = document.at("/components/schemas/BatchExportRequest");

        assertThat(request.get("additionalProperties").booleanValue()).isFalse();
        assertThat(request.get("required").valueStream().map(JsonNode::stringValue))
                .containsExactlyInAnyOrder("name", "model", "destination", "interval");
        assertThat(document.at("/components/schemas/Destination").toString()).contains("bucket_name", "S3");
    }

    @Test
    void thePageToReadItLoadsNothingFromElsewhere() {
        ApiClient anybody = client.withToken("");
        ApiClient.Answer page = anybody.send("GET", "/api/docs", "").is(200);

        assertThat(page.header("content-type")).startsWith("text/html");
        assertThat(page.body()).doesNotContain("http://", "https://");
        for (String asset : new String[] {"swagger-ui.css", "swagger-ui-bundle.js", "start.js"}) {
            anybody.send("GET", "/api/docs/assets/" + asset, "").is(200);
        }
    }
}
