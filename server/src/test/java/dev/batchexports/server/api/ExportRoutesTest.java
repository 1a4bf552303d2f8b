package dev.batchexports.server.api;

import static dev.batchexports.server.api.ApiClient.hourlyExport;
import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.server.RecordingOrchestration;
import dev.batchexports.server.RecordingOrchestration.Mood;
import dev.batchexports.server.TestServer;
import dev.batchexports.server.exports.ExportStore;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Creating, listing, changing, pausing and deleting batch exports.
class ExportRoutesTest {
    private final TestServer server = TestServer.get();
    private final RecordingOrchestration orchestration = server.orchestration();
    private final ApiClient client = ApiClient.forNewProject();

    @AfterEach
    void temporalWorks() {
        orchestration.become(Mood.WORKING);
    }

    @Test
    void aCreatedExportHasEveryFieldOfTheContract() {
        ApiClient.Answer created = client.post("", hourlyExport()).is(201);

        JsonNode export = created.json();
        assertThat(export.propertyNames())
                .contains(
                        "id",
                        "name",
                        "project_id",
                        "model",
                        "destination",
                        "interval",
                        "timezone",
                        "offset_hour",
                        "offset_day",
                        "filters",
                        "include_events",
                        "exclude_events",
                        "paused",
                        "status",
                        "pause_reason",
                        "start_at",
                        "end_at",
                        "rerun_mode",
                        "settle_seconds",
                        "give_up_after_seconds",
                        "created_at",
                        "last_updated_at",
                        "last_paused_at",
                        "latest_runs");
        assertThat(UUID.fromString(export.get("id").stringValue())).isNotNull();
        assertThat(export.get("project_id").longValue()).isEqualTo(client.project());
        assertThat(export.get("model").stringValue()).isEqualTo("events");
        assertThat(export.get("status").stringValue()).isEqualTo("active");
        assertThat(export.get("timezone").stringValue()).isEqualTo("UTC");
        assertThat(export.get("rerun_mode").stringValue()).isEqualTo("append");
        assertThat(export.get("settle_seconds").intValue()).isEqualTo(30);
        assertThat(export.get("give_up_after_seconds").intValue()).isEqualTo(86_400);
        assertThat(export.get("created_at").stringValue()).endsWith("Z");
        assertThat(created.header("location")).endsWith("/" + export.get("id").stringValue() + "/");
        assertThat(client.get(export.get("id").stringValue() + "/").is(200).json())
                .isEqualTo(export);
    }

    @Test
    void anAnswerCanBeSentBack() {
        JsonNode export = client.post("", hourlyExport()).is(201).json();

        client.patch(export.get("id").stringValue() + "/", export).is(200);
    }

    @Test
    void anExportCreatedWithNullsHasTheDefaults() {
        Map<String, @Nullable Object> body = new HashMap<>(hourlyExport());
        for (String field : List.of(
                "timezone",
                "offset_hour",
                "offset_day",
                "filters",
                "include_events",
                "exclude_events",
                "paused",
                "start_at",
                "end_at",
                "rerun_mode",
                "settle_seconds",
                "give_up_after_seconds")) {
            body.put(field, null);
        }

        JsonNode export = client.post("", body).is(201).json();

        assertThat(export.get("include_events")).isEmpty();
        assertThat(export.get("filters")).isEmpty();
        assertThat(export.get("paused").booleanValue()).isFalse();
    }

    @Test
    void everyPathIsTakenWithAndWithoutASlashAtItsEnd() {
        String collection = client.exports().substring(0, client.exports().length() - 1);
        String body = ApiClient.JSON.writeValueAsString(hourlyExport());
        String id =
                client.send("POST", collection, body).is(201).json().get("id").stringValue();

        client.send("GET", collection, "").is(200);
        client.get(id).is(200);
        client.get(id + "/runs").is(200);
        client.get(id + "/runs?limit=1").is(200);
        client.post(id + "/pause", Map.of()).is(200);
        client.send("GET", "/api/destination_types", "").is(200);
        client.delete(id).is(204);
    }

    @Test
    void theScheduleIsMadeToMatchEveryVersion() {
        String id = client.create(hourlyExport());
        assertThat(orchestration.schedule(id).version()).isEqualTo(1);
        assertThat(unappliedVersions(id)).isZero();

        client.patch(id + "/", Map.of("interval", "day", "timezone", "Europe/Berlin", "offset_hour", 5))
                .is(200);

        assertThat(orchestration.schedule(id).version()).isEqualTo(2);
        assertThat(orchestration.schedule(id).grid()).hasToString("day from hour 5 in Europe/Berlin");
        assertThat(unappliedVersions(id)).isZero();
    }

    @Test
    void whileTemporalIsDownAnExportIsStoredAndItsScheduleFollows() {
        orchestration.become(Mood.UNAVAILABLE);
        String id = client.create(hourlyExport());
        client.patch(id + "/", Map.of("name", "renamed")).is(200);

        assertThat(unappliedVersions(id)).isEqualTo(2);
        client.delete(id + "/").is(204);
        assertThat(server.bean(ExportStore.class).outOfStep(1000))
                .anyMatch(export -> export.id().toString().equals(id) && export.deletedAt() != null);
    }

    private long unappliedVersions(String id) {
        return server.bean(ExportStore.class)
                .find(UUID.fromString(id))
                .map(export -> export.version() - export.scheduleVersion())
                .orElseThrow();
    }

    @Test
    void secretsAreNeverAnswered() {
        String secret = "the-secret-that-nobody-may-see";
        String id = client.create(ApiClient.exportWithParameter("aws_secret_access_key", secret));

        for (ApiClient.Answer answer : List.of(
                client.get(id + "/"),
                client.get(""),
                client.patch(id + "/", Map.of("name", "renamed")),
                client.patch(
                        id + "/",
                        Map.of(
                                "destination",
                                Map.of("config", Map.of("aws_secret_access_key", secret, "region", "!")))),
                client.post("", ApiClient.exportWithParameter("aws_secret_access_key", List.of(secret))),
                client.post("", ApiClient.exportWithParameter("aws_secret_access_key", secret + " with spaces")),
                client.post(id + "/pause/", Map.of()))) {
            assertThat(answer.body()).doesNotContain(secret).doesNotContain("aws_secret_access_key\":");
        }
        String rows = server.bean(JdbcClient.class)
                .sql("select batch_exports::text from batch_exports")
                .query(String.class)
                .list()
                .toString();
        assertThat(rows).contains(id).doesNotContain(secret);
    }

    @Test
    void aChangeMergesParametersAndKeepsAbsentSecrets() {
        String id = client.create(hourlyExport());

        JsonNode changed = client.patch(
                        id + "/",
                        Map.of("destination", Map.of("config", Map.of("prefix", "other", "encryption", "none"))))
                .is(200)
                .json();

        JsonNode config = changed.at("/destination/config");
        assertThat(config.get("prefix").stringValue()).isEqualTo("other");
        assertThat(config.get("encryption").stringValue()).isEqualTo("none");
        assertThat(config.get("bucket_name").stringValue()).isNotBlank();
        // the secret is still there: a test with nothing but the id works
        JsonNode test = client.post("test/", Map.of("id", id)).is(200).json();
        assertThat(ApiClient.texts(test.get("steps"), "status")).containsOnly("Passed");
    }

    @Test
    void nullRemovesAParameterAndTakesAFieldBackToItsDefault() {
        String id = client.create(hourlyExport());
        client.patch(id + "/", Map.of("end_at", "2100-01-01T00:00:00Z", "settle_seconds", 5))
                .is(200);

        Map<String, @Nullable Object> config = new HashMap<>();
        config.put("prefix", null);
        Map<String, @Nullable Object> change = new HashMap<>();
        change.put("end_at", null);
        change.put("settle_seconds", null);
        change.put("destination", Map.of("config", config));
        JsonNode changed = client.patch(id + "/", change).is(200).json();

        assertThat(changed.at("/destination/config").has("prefix")).isFalse();
        assertThat(changed.get("end_at").isNull()).isTrue();
        assertThat(changed.get("settle_seconds").intValue()).isEqualTo(30);
    }

    @Test
    void removingASecretThatIsNeededIsRefusedAtItsField() {
        String id = client.create(hourlyExport());
        Map<String, @Nullable Object> config = new HashMap<>();
        config.put("aws_secret_access_key", null);

        assertThat(client.patch(id + "/", Map.of("destination", Map.of("config", config)))
                        .is(400)
                        .errors())
                .containsOnlyKeys("/destination/config/aws_secret_access_key");
    }

    @Test
    void aChangeOfTheIntervalDropsOffsetsThatItDoesNotTake() {
        Map<String, Object> weekly = hourlyExport();
        weekly.put("interval", "week");
        weekly.put("offset_hour", 3);
        weekly.put("offset_day", 1);
        String id = client.create(weekly);

        JsonNode daily =
                client.patch(id + "/", Map.of("interval", "day")).is(200).json();
        JsonNode hourly =
                client.patch(id + "/", Map.of("interval", "hour")).is(200).json();

        assertThat(daily.get("offset_hour").intValue()).isEqualTo(3);
        assertThat(daily.get("offset_day").isNull()).isTrue();
        assertThat(hourly.get("offset_hour").isNull()).isTrue();
    }

    @Test
    void aModelIsAnsweredInTheFormItWasGivenIn() {
        Schemas.create();
        for (Object model : List.of(
                "events",
                "persons",
                "sessions",
                Map.of(
                        "name", "orders",
                        "table", "shop.orders",
                        "landing_time_column", "landed",
                        "columns",
                                List.of(
                                        "id",
                                        "version",
                                        Map.of("name", "total", "source", "amount"),
                                        Map.of("name", "day", "source", "landed", "type", "Date")),
                        "primary_key", List.of("id"),
                        "version_key", "version"))) {
            Map<String, Object> body = hourlyExport();
            body.put("model", model);

            JsonNode export = client.post("", body).is(201).json();

            assertThat(export.get("model")).isEqualTo(ApiClient.JSON.valueToTree(model));
        }
    }

    @Test
    void aQueryIsAModelToo() {
        Map<String, Object> body = hourlyExport();
        body.put(
                "model", Map.of("query", "SELECT 1 AS a, {interval_start} AS landed", "landing_time_column", "landed"));

        JsonNode model = client.post("", body).is(201).json().get("model");

        assertThat(model.get("query").stringValue()).startsWith("SELECT");
        assertThat(model.has("table")).isFalse();
        assertThat(model.get("name").stringValue()).isEqualTo("query");
    }

    @Test
    void pagesStayStableWhileExportsComeAndGo() {
        List<String> ids = IntStream.range(0, 5)
                .mapToObj(number -> client.create(hourlyExport()))
                .toList();

        JsonNode first = client.get("?limit=2").is(200).json();
        client.create(hourlyExport());
        client.delete(ids.get(4) + "/").is(204);
        List<String> seen = new ArrayList<>(ApiClient.texts(first.get("results"), "id"));
        JsonNode page = first;
        while (!page.get("next").isNull()) {
            page = client.send("GET", page.get("next").stringValue(), "")
                    .is(200)
                    .json();
            assertThat(page.get("results").size()).isLessThanOrEqualTo(2);
            seen.addAll(ApiClient.texts(page.get("results"), "id"));
        }

        assertThat(seen).containsExactlyElementsOf(ids.reversed());
    }

    @Test
    void aListCanBeSearchedAndFilteredByStatus() {
        Map<String, Object> ended = hourlyExport();
        ended.put("name", "Ended_export");
        ended.put("end_at", "2020-01-01T00:00:00Z");
        String endedId = client.create(ended);
        Map<String, Object> paused = hourlyExport();
        paused.put("name", "Paused export");
        paused.put("paused", true);
        String pausedId = client.create(paused);
        String activeId = client.create(hourlyExport());

        assertThat(ids("?status=ended")).containsExactly(endedId);
        assertThat(ids("?status=paused")).containsExactly(pausedId);
        assertThat(ids("?status=active")).containsExactly(activeId);
        assertThat(ids("?search=ended_")).containsExactly(endedId);
        assertThat(ids("?search=%25")).isEmpty();
        assertThat(ids("?search=export&status=paused")).containsExactly(pausedId);
    }

    private List<String> ids(String query) {
        return ApiClient.texts(client.get(query).is(200).json().get("results"), "id");
    }

    @Test
    void queryParametersAreValidated() {
        for (String query : List.of("?limit=0", "?limit=1001", "?limit=x", "?cursor=!", "?cursor=eA", "?status=off")) {
            assertThat(client.get(query).is(400).errors())
                    .as(query)
                    .containsOnlyKeys("/" + query.substring(1, query.indexOf('=')));
        }
        assertThat(client.get("?search=%00").is(400).errors()).containsOnlyKeys("/search");
    }

    @Test
    void pausingAndUnpausingMayBeRepeated() {
        String id = client.create(hourlyExport());

        JsonNode paused = client.post(id + "/pause/", Map.of()).is(200).json();
        assertThat(paused.get("paused").booleanValue()).isTrue();
        assertThat(paused.get("status").stringValue()).isEqualTo("paused");
        assertThat(paused.get("last_paused_at").isNull()).isFalse();
        assertThat(orchestration.schedule(id).paused()).isTrue();
        assertThat(withoutEffects(client.post(id + "/pause/", Map.of()).is(200).json()))
                .isEqualTo(withoutEffects(paused));

        JsonNode active = client.send("POST", client.exports() + id + "/unpause/", "")
                .is(200)
                .json();
        assertThat(active.get("status").stringValue()).isEqualTo("active");
        assertThat(active.get("last_paused_at")).isEqualTo(paused.get("last_paused_at"));
        assertThat(orchestration.schedule(id).paused()).isFalse();
        assertThat(withoutEffects(client.post(id + "/unpause/", Map.of("backfill", false))
                        .is(200)
                        .json()))
                .isEqualTo(withoutEffects(active));
        assertThat(client.get(id + "/backfills/").json().get("results")).isEmpty();
    }

    /// What the second of two equal requests changes is nothing.
    private static JsonNode withoutEffects(JsonNode export) {
        return ((ObjectNode) export.deepCopy()).without(List.of("effects"));
    }

    @Test
    void unpausingWithABackfillCatchesUpWhatWasMissed() {
        Map<String, Object> body = hourlyExport();
        body.put("start_at", Instant.now().minus(30, ChronoUnit.DAYS).toString());
        body.put("paused", true);
        String id = client.create(body);
        Instant pausedAt = Instant.now().minus(5, ChronoUnit.HOURS).truncatedTo(ChronoUnit.MICROS);
        server.bean(JdbcClient.class)
                .sql("update export_pauses set paused_at = ?::timestamptz where batch_export_id = ?::uuid")
                .params(pausedAt.toString(), id)
                .update();

        client.post(id + "/unpause/", Map.of("backfill", true)).is(200);

        JsonNode backfill = client.get(id + "/backfills/").json().get("results").get(0);
        assertThat(backfill.get("scope").stringValue()).isEqualTo("gaps");
        assertThat(Instant.parse(backfill.get("start_at").stringValue()))
                .isBefore(pausedAt)
                .isAfter(pausedAt.minus(2, ChronoUnit.HOURS));
        assertThat(Instant.parse(backfill.get("end_at").stringValue()))
                .isAfter(Instant.now().minus(61, ChronoUnit.MINUTES))
                .isBefore(Instant.now());
        assertThat(orchestration.actions(backfill.get("id").stringValue())).containsExactly("start");
    }

    /// The server may die, and the answer may be lost, between the two things that the request does.
    @Test
    void unpausingAgainCatchesUpWhatTheFirstRequestDidNotComeTo() {
        Map<String, Object> body = hourlyExport();
        body.put("start_at", Instant.now().minus(30, ChronoUnit.DAYS).toString());
        body.put("paused", true);
        String id = client.create(body);
        server.bean(JdbcClient.class)
                .sql("update export_pauses set paused_at = ?::timestamptz where batch_export_id = ?::uuid")
                .params(Instant.now().minus(5, ChronoUnit.HOURS).toString(), id)
                .update();
        client.post(id + "/unpause/", Map.of()).is(200);
        assertThat(client.get(id + "/backfills/").json().get("results")).isEmpty();

        client.post(id + "/unpause/", Map.of("backfill", true)).is(200);
        client.post(id + "/unpause/", Map.of("backfill", true)).is(200);

        assertThat(client.get(id + "/backfills/").json().get("results")).hasSize(1);
    }

    @Test
    void unpausingAnExportThatMissedNothingMakesNoBackfill() {
        String id = client.create(hourlyExport());
        client.post(id + "/pause/", Map.of()).is(200);

        client.post(id + "/unpause/", Map.of("backfill", true)).is(200);

        assertThat(client.get(id + "/backfills/").json().get("results")).isEmpty();
    }

    @Test
    void unpauseTakesNoOtherFields() {
        String id = client.create(hourlyExport());

        assertThat(client.post(id + "/unpause/", Map.of("backfil", true))
                        .is(400)
                        .errors())
                .containsOnlyKeys("/backfil");
        assertThat(client.post(id + "/unpause/", Map.of("backfill", 1)).is(400).errors())
                .containsOnlyKeys("/backfill");
    }

    @Test
    void aDeletedExportIsGoneWithItsScheduleRunsAndBackfills() {
        String id = client.create(hourlyExport());
        Runs runs = new Runs(id);
        String run = runs.starting(Instant.parse("2026-03-01T10:00:00Z")).id().toString();
        String finished =
                runs.completed(Instant.parse("2026-03-01T11:00:00Z"), 5).id().toString();
        String backfill = client.post(
                        id + "/backfills/",
                        Map.of("start_at", "2026-03-01T00:00:00Z", "end_at", "2026-03-02T00:00:00Z"))
                .is(201)
                .json()
                .get("id")
                .stringValue();

        ApiClient.Answer deleted = client.delete(id + "/").is(204);

        assertThat(deleted.body()).isEmpty();
        assertThat(orchestration.actions(run)).containsExactly("cancel");
        assertThat(orchestration.actions(finished)).isEmpty();
        assertThat(orchestration.actions(backfill)).containsExactly("start", "cancel");
        assertThat(orchestration.schedule(id).deletedAt()).isNotNull();
        client.get(id + "/").is(404);
        client.delete(id + "/").is(404);
        client.patch(id + "/", Map.of("name", "again")).is(404);
        assertThat(ids("")).doesNotContain(id);
    }

    @Test
    void changesAtTheSameTimeAllTakeEffect() {
        String id = client.create(hourlyExport());

        List<CompletableFuture<ApiClient.Answer>> changes = Stream.<Map<String, Object>>of(
                        Map.of("name", "renamed"), Map.of("settle_seconds", 7), Map.of("give_up_after_seconds", 60))
                .map(change -> CompletableFuture.supplyAsync(() -> client.patch(id + "/", change)))
                .toList();
        changes.forEach(change -> change.join().is(200));

        JsonNode export = client.get(id + "/").json();
        assertThat(export.get("name").stringValue()).isEqualTo("renamed");
        assertThat(export.get("settle_seconds").intValue()).isEqualTo(7);
        assertThat(export.get("give_up_after_seconds").intValue()).isEqualTo(60);
        assertThat(unappliedVersions(id)).isZero();
    }

    @Test
    void theSchedulePreviewTellsTheNextIntervals() {
        Map<String, Object> daily = hourlyExport();
        daily.put("interval", "day");
        daily.put("timezone", "Europe/Berlin");
        daily.put("start_at", "2100-10-30T00:00:00Z");
        daily.put("end_at", "2100-11-02T12:00:00Z");
        String id = client.create(daily);

        JsonNode preview = client.get(id + "/schedule/").is(200).json().get("results");

        // clocks fall back on 2100-10-31; the last day is cut short by end_at
        assertThat(times(preview, "data_interval_start"))
                .containsExactly("2100-10-30T22:00:00Z", "2100-10-31T23:00:00Z", "2100-11-01T23:00:00Z");
        assertThat(times(preview, "data_interval_end"))
                .containsExactly("2100-10-31T23:00:00Z", "2100-11-01T23:00:00Z", "2100-11-02T12:00:00Z");
        assertThat(times(preview, "scheduled_at"))
                .containsExactly("2100-10-31T23:00:00Z", "2100-11-01T23:00:00Z", "2100-11-02T23:00:00Z");
    }

    @Test
    void thePreviewHasFiveIntervalsUnlessAskedOtherwiseAlsoWhilePaused() {
        String id = client.create(hourlyExport());
        Instant nextHour = Instant.now().truncatedTo(ChronoUnit.HOURS).plus(1, ChronoUnit.HOURS);

        JsonNode preview = client.get(id + "/schedule/").json().get("results");
        assertThat(preview).hasSize(5);
        assertThat(preview.get(0).get("scheduled_at").stringValue()).isEqualTo(nextHour.toString());
        assertThat(client.get(id + "/schedule/?count=24").json().get("results")).hasSize(24);
        assertThat(client.get(id + "/schedule/?count=0").is(400).errors()).containsOnlyKeys("/count");

        client.post(id + "/pause/", Map.of());
        assertThat(client.get(id + "/schedule/").json().get("results")).isEqualTo(preview);
    }

    private static List<String> times(JsonNode results, String field) {
        return ApiClient.texts(results, field);
    }

    @Test
    void destinationTypesDescribeTheirParameters() {
        JsonNode s3 = destinationType("S3");
        assertThat(s3.propertyNames())
                .containsExactlyInAnyOrder("type", "workflow_type", "config_schema", "secret_fields");
        assertThat(s3.get("type").stringValue()).isEqualTo("S3");
        assertThat(s3.get("workflow_type").stringValue()).isEqualTo("s3-export");
        assertThat(s3.get("secret_fields").valueStream().map(JsonNode::stringValue))
                .contains("aws_secret_access_key");
        JsonNode schema = s3.get("config_schema");
        assertThat(schema.get("required").valueStream().map(JsonNode::stringValue))
                .containsExactly("bucket_name");
        assertThat(schema.get("additionalProperties").booleanValue()).isFalse();
        assertThat(schema.at("/properties/aws_secret_access_key/writeOnly").booleanValue())
                .isTrue();
        assertThat(schema.at("/properties/file_format/enum").valueStream().map(JsonNode::stringValue))
                .containsExactly("JSONLines", "Parquet");
        assertThat(schema.at("/properties/max_file_size_mb/type").stringValue()).isEqualTo("integer");
    }

    private JsonNode destinationType(String name) {
        return client.send("GET", "/api/destination_types/", "")
                .is(200)
                .json()
                .valueStream()
                .filter(type -> type.get("type").stringValue().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void noSecretFieldIsMissingFromTheDeclaredOnes() {
        JsonNode s3 = destinationType("S3");

        List<String> writeOnly = s3.at("/config_schema/properties").properties().stream()
                .filter(property -> property.getValue().path("writeOnly").asBoolean(false))
                .map(Map.Entry::getKey)
                .sorted()
                .toList();

        assertThat(s3.get("secret_fields")
                        .valueStream()
                        .map(JsonNode::stringValue)
                        .toArray())
                .isEqualTo(writeOnly.toArray());
        assertThat(Arrays.asList(writeOnly.toArray())).isNotEmpty();
    }
}
