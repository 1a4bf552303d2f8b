package dev.batchexports.server.api;

import static dev.batchexports.server.api.ApiClient.hourlyExport;
import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.server.TestServer;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.JsonNode;

/// Models and filters, held against the real ClickHouse: at creation, at a change, and in a preview.
class ModelRoutesTest {
    private final TestServer server = TestServer.get();
    private final long project = server.newProject();
    private final ApiClient client = new ApiClient(server.url(), TestServer.TOKEN, project);

    private static final List<Map<String, Object>> FILTERS = List.of(
            Map.of("key", "$browser", "value", List.of("Chrome", 5, true), "operator", "exact", "type", "event"),
            Map.of("key", "seats", "value", 2.5, "operator", "gte", "type", "person"),
            Map.of("key", "it's", "operator", "is_not_set", "type", "event"));

    @Test
    void filtersAreStoredAnsweredAndChanged() {
        Map<String, Object> body = hourlyExport();
        body.put("filters", FILTERS);
        JsonNode created = client.post("", body).is(201).json();
        String id = created.get("id").stringValue();

        assertThat(created.get("filters")).isEqualTo(ApiClient.JSON.valueToTree(FILTERS));
        assertThat(client.get(id + "/").json().get("filters")).isEqualTo(created.get("filters"));
        assertThat(client.patch(id + "/", Map.of("name", "renamed")).json().get("filters"))
                .isEqualTo(created.get("filters"));
        assertThat(client.patch(id + "/", Map.of("filters", List.of(Map.of("key", "a", "value", "b"))))
                        .is(200)
                        .json()
                        .get("filters")
                        .toString())
                .isEqualTo("[{\"key\":\"a\",\"value\":\"b\",\"operator\":\"exact\",\"type\":\"event\"}]");
        assertThat(client.patch(
                                id + "/",
                                Map.of("filters", List.of(Map.of("key", "a", "value", "(", "operator", "regex"))))
                        .is(400)
                        .errors())
                .containsOnlyKeys("/filters/0/value");
    }

    @Test
    void aChangedModelIsCheckedAndABuiltInOneIsNamedAsAWhole() {
        Schemas.create();
        String id = client.create(hourlyExport());

        assertThat(client.patch(id + "/", Map.of("model", Map.of("table", "events", "columns", List.of("nope"))))
                        .is(400)
                        .errors())
                .containsOnlyKeys("/model/columns/0");
        client.patch(id + "/", Map.of("model", "persons")).is(200);
        assertThat(client.patch(id + "/", Map.of("include_events", List.of("a")))
                        .is(400)
                        .errors())
                .containsOnlyKeys("/include_events");
    }

    @Test
    void whileClickHouseDoesNotAnswerNoExportIsCreated() {
        ConfigurableApplicationContext blind = server.startAnother(Map.of("bx.clickhouse.url", "http://127.0.0.1:9"));
        try {
            ApiClient.Answer answer = new ApiClient(TestServer.url(blind), TestServer.TOKEN, project)
                    .post("", hourlyExport())
                    .is(503);

            assertThat(answer.json().get("code").stringValue()).isEqualTo("SourceUnavailable");
            assertThat(answer.json().get("detail").stringValue()).contains("ClickHouse");
        } finally {
            blind.close();
        }
    }

    @Test
    void aPreviewShowsRowsOfTheProjectThatPassTheFilters() {
        Instant landed = Instant.now().truncatedTo(ChronoUnit.HOURS).minus(30, ChronoUnit.MINUTES);
        server.insertEvents(project, landed, landed.plusSeconds(1));
        server.insertEvents(server.newProject(), landed);
        Map<String, Object> body = Map.of(
                "model",
                Map.of(
                        "table",
                        "events",
                        "columns",
                        List.of("event", Map.of("name", "at", "source", "inserted_at", "type", "DateTime('UTC')"))));

        JsonNode preview = client.post("preview/", body).is(200).json();

        assertThat(preview.get("rows")).hasSize(2);
        assertThat(preview.at("/rows/0/event").stringValue()).isEqualTo("pageview");
        assertThat(preview.get("columns").toString())
                .isEqualTo("[{\"name\":\"event\",\"type\":\"String\"},{\"name\":\"at\",\"type\":\"DateTime('UTC')\"}]");
        assertThat(preview.get("truncated").booleanValue()).isFalse();
        assertThat(client.post("preview/", Map.of("model", "events", "exclude_events", List.of("pageview")))
                        .is(200)
                        .json()
                        .get("rows"))
                .isEmpty();
        assertThat(client.post("preview/", Map.of("model", Map.of("table", "nowhere")))
                        .is(400)
                        .errors())
                .containsOnlyKeys("/model/table");
    }

    @Test
    void aTableOfClickHousesOwnIsRefusedHoweverItIsWritten() {
        for (String table : List.of(
                "system.query_log",
                "SYSTEM.query_log",
                "system . tables",
                " system.tables",
                "`system`.tables",
                "information_schema.tables",
                "INFORMATION_SCHEMA.TABLES",
                "system.tables --",
                "numbers(10)",
                "url('http://127.0.0.1/', 'CSV')")) {
            for (String route : List.of("preview/", "read_advice/")) {
                ApiClient.Answer refused = client.post(
                        route, Map.of("model", Map.of("table", table, "landing_time_column", "event_time")));
                assertThat(refused.is(400).errors()).as(table).containsOnlyKeys("/model/table");
            }
        }
    }

    @Test
    void whatClickHouseReadsIsMeasured() {
        JsonNode advice =
                client.post("read_advice/", Map.of("model", "events")).is(200).json();

        assertThat(advice.get("verdict").stringValue()).isEqualTo("good");
        assertThat(advice.get("message").stringValue()).startsWith("ClickHouse reads ");
        assertThat(advice.get("rows_selected").longValue())
                .isLessThanOrEqualTo(advice.get("rows_read").longValue());
    }

    @Test
    void aPreviewTakesWhatIsAbsentFromTheStoredExport() {
        String id = client.create(hourlyExport());

        assertThat(client.post("preview/", Map.of("id", id)).is(200).json().get("columns"))
                .hasSize(11);
        assertThat(ApiClient.forNewProject()
                        .post("preview/", Map.of("id", id))
                        .is(400)
                        .errors())
                .containsOnlyKeys("/id");
    }
}
