package dev.batchexports.server.api;

import static dev.batchexports.server.api.ApiClient.exportWithParameter;
import static dev.batchexports.server.api.ApiClient.hourlyExport;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What a batch export may not be, and at which field the answer says so.
class ExportValidationTest {
    private static final String LANDING = "/model/landing_time_column";

    private final ApiClient client = ApiClient.forNewProject();

    static Stream<Arguments> wrongFields() {
        return Stream.of(
                wrong("surprise", 1, "/surprise", "not a known field"),
                wrong("name", "", "/name", "blank"),
                wrong("name", "  ", "/name", "blank"),
                wrong("name", 5, "/name", "string"),
                wrong("name", "x".repeat(256), "/name", "255"),
                wrong("name", "a\u0000b", "/name", "U+0000"),
                wrong("project_id", 1, "/project_id", "path"),
                wrong("project_id", "1", "/project_id", "whole number"),
                wrong("model", "unknown", "/model", "events"),
                wrong("model", 5, "/model", "events"),
                wrong("model", Map.of("landing_time_column", "t"), "/model", "table"),
                wrong("model", Map.of("table", "t", "query", "SELECT 1"), "/model", "either"),
                wrong("model", Map.of("table", ""), "/model/table", "blank"),
                wrong("model", Map.of("table", 5), "/model/table", "string"),
                wrong("model", Map.of("table", "System.query_log"), "/model/table", "ClickHouse's own"),
                wrong("model", Map.of("table", "t", "columms", List.of()), "/model/columms", "not a known field"),
                wrong("model", Map.of("table", "t", "columns", "a"), "/model/columns", "list"),
                wrong("model", Map.of("table", "t", "columns", List.of("a", 5)), "/model/columns/1", "column"),
                wrong("model", Map.of("table", "t", "columns", List.of("a", "a")), "/model/columns/1", "earlier"),
                wrong(
                        "model",
                        Map.of("table", "t", "columns", List.of(Map.of("name", "a", "from", "b"))),
                        "/model/columns/0/from",
                        "not a known field"),
                wrong("model", Map.of("table", "t", "primary_key", List.of(1)), "/model/primary_key/0", "string"),
                wrong("model", Map.of("table", "t", "version_key", "v"), "/model/version_key", "primary_key"),
                wrong("destination", "S3", "/destination", "object"),
                wrong("destination", Map.of("type", "S3"), "/destination/config", "required"),
                wrong("destination", Map.of("config", Map.of()), "/destination/type", "required"),
                wrong("destination", Map.of("type", "Floppy", "config", Map.of()), "/destination/type", "S3"),
                wrong(
                        "destination",
                        Map.of("type", "S3", "config", Map.of("bucket_name", "b-1"), "x", 1),
                        "/destination/x",
                        "not a known field"),
                wrong("interval", "fortnight", "/interval", "every N minutes"),
                wrong("interval", "HOUR", "/interval", "every N minutes"),
                wrong("interval", " hour", "/interval", "every N minutes"),
                wrong("interval", "every 7 minutes", "/interval", "every N minutes"),
                wrong("interval", "every 1 minutes", "/interval", "every N minutes"),
                wrong("interval", "every 10 seconds", "/interval", "every N minutes"),
                wrong("interval", 60, "/interval", "string"),
                wrong("timezone", "Mars/Olympus", "/timezone", "IANA"),
                wrong("timezone", "+02:00", "/timezone", "IANA"),
                wrong("timezone", 2, "/timezone", "string"),
                wrong("offset_hour", 5, "/offset_hour", "day and week"),
                wrong("offset_hour", 24, "/offset_hour", "0 to 23"),
                wrong("offset_hour", -1, "/offset_hour", "0 to 23"),
                wrong("offset_hour", 1.5, "/offset_hour", "whole number"),
                wrong("offset_day", 1, "/offset_day", "week"),
                wrong("offset_day", 7, "/offset_day", "0 (Sunday) to 6"),
                wrong("filters", List.of(Map.of("key", "a")), "/filters/0/value", "string, a number"),
                wrong("filters", List.of(Map.of("value", "a")), "/filters/0/key", "required"),
                wrong("filters", List.of("a"), "/filters/0", "object"),
                wrong("filters", List.of(filter("like", 1)), "/filters/0/operator", "icontains"),
                wrong("filters", List.of(filter("gt", "much")), "/filters/0/value", "number"),
                wrong("filters", List.of(filter("gt", List.of(1))), "/filters/0/value", "number"),
                wrong("filters", List.of(filter("icontains", "")), "/filters/0/value", "empty"),
                wrong("filters", List.of(filter("regex", "(")), "/filters/0/value", "missing )"),
                wrong("filters", List.of(filter("exact", List.of())), "/filters/0/value", "list of 1"),
                wrong("filters", List.of(filter("exact", List.of("a", Map.of()))), "/filters/0/value/1", "string"),
                wrong("filters", List.of(filter("exact", "x".repeat(401))), "/filters/0/value", "400"),
                wrong(
                        "filters",
                        List.of(Map.of("key", "a", "operator", "is_set", "type", "cohort")),
                        "/filters/0/type",
                        "person"),
                wrong(
                        "filters",
                        List.of(Map.of("key", "a", "value", 1, "label", "x")),
                        "/filters/0/label",
                        "not a known field"),
                wrong("model", Map.of("table", "no_such_table"), "/model/table", "no_such_table"),
                wrong("model", Map.of("table", "events", "landing_time_column", "event"), LANDING, "DateTime"),
                wrong("model", Map.of("table", "events", "landing_time_column", "landed"), LANDING, "does not exist"),
                wrong(
                        "model",
                        Map.of("table", "events", "columns", List.of("uuid", "missing")),
                        "/model/columns/1",
                        "does not exist"),
                wrong(
                        "model",
                        Map.of("table", "events", "columns", List.of(Map.of("name", "a", "source", "missing"))),
                        "/model/columns/0/source",
                        "does not exist"),
                wrong(
                        "model",
                        Map.of("table", "events", "columns", List.of(Map.of("name", "uuid", "type", "Int77"))),
                        "/model/columns/0/type",
                        "Int77"),
                wrong(
                        "model",
                        Map.of("table", "events", "primary_key", List.of("uuid", "id")),
                        "/model/primary_key/1",
                        "none of the columns"),
                wrong(
                        "model",
                        Map.of("query", "SELECT * FROM url('http://127.0.0.1:1', 'CSV')"),
                        "/model/query",
                        "table function"),
                wrong("filters", "a", "/filters", "list"),
                wrong("include_events", "pageview", "/include_events", "list"),
                wrong("include_events", List.of(""), "/include_events/0", "empty"),
                wrong("include_events", List.of("a", 5), "/include_events/1", "string"),
                wrong("exclude_events", List.of(true), "/exclude_events/0", "string"),
                wrong("paused", "yes", "/paused", "true or false"),
                wrong("start_at", "yesterday", "/start_at", "RFC 3339"),
                wrong("start_at", "2026-01-01", "/start_at", "RFC 3339"),
                wrong("start_at", "2026-01-01T00:00:00", "/start_at", "RFC 3339"),
                wrong("start_at", 1_700_000_000, "/start_at", "RFC 3339"),
                wrong("start_at", "1969-12-31T23:59:59Z", "/start_at", "1970"),
                wrong("end_at", "+10000-01-01T00:00:00Z", "/end_at", "9999"),
                wrong("rerun_mode", "merge", "/rerun_mode", "append or replace"),
                wrong("settle_seconds", -1, "/settle_seconds", "0 to 3600"),
                wrong("settle_seconds", 3601, "/settle_seconds", "0 to 3600"),
                wrong("settle_seconds", "30", "/settle_seconds", "whole number"),
                wrong("give_up_after_seconds", 0, "/give_up_after_seconds", "1 to"),
                wrong("give_up_after_seconds", Long.MAX_VALUE, "/give_up_after_seconds", "1 to"));
    }

    private static Map<String, Object> filter(String operator, Object value) {
        return Map.of("key", "plan", "operator", operator, "value", value);
    }

    private static Arguments wrong(String field, Object value, String pointer, String message) {
        return Arguments.of(field, value, pointer, message);
    }

    @ParameterizedTest(name = "{0} = {1}")
    @MethodSource("wrongFields")
    void aWrongFieldIsNamedAndSaysWhatIsExpected(String field, Object value, String pointer, String message) {
        Map<String, Object> body = hourlyExport();
        body.put(field, value);

        ApiClient.Answer answer = client.post("", body).is(400);

        assertThat(answer.json().get("code").stringValue()).isEqualTo("invalid_request");
        assertThat(answer.errors()).containsOnlyKeys(pointer);
        assertThat(answer.errors().get(pointer)).contains(message);
    }

    static Stream<Arguments> wrongParameters() {
        return Stream.of(
                Arguments.of("bucket_name", "", "required"),
                Arguments.of("bucket_name", 5, "string"),
                Arguments.of("bucket_name", "Upper", "lower-case"),
                Arguments.of("bucket", "x", "not a known field"),
                Arguments.of("max_file_size_mb", "1", "whole number"),
                Arguments.of("max_file_size_mb", 0, "from 1"),
                Arguments.of("use_virtual_style_addressing", "no", "true or false"),
                Arguments.of("file_format", "XML", "JSONLines"),
                Arguments.of("compression", "snappy", "JSONLines cannot be compressed"),
                Arguments.of("endpoint_url", "ftp://host", "http"),
                Arguments.of("endpoint_url", "http://user:password@host", "user"));
    }

    @ParameterizedTest(name = "{0} = {1}")
    @MethodSource("wrongParameters")
    void aWrongParameterOfTheDestinationIsNamed(String parameter, Object value, String message) {
        ApiClient.Answer answer =
                client.post("", exportWithParameter(parameter, value)).is(400);

        assertThat(answer.errors()).containsOnlyKeys("/destination/config/" + parameter);
        assertThat(answer.errors().get("/destination/config/" + parameter)).contains(message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"name", "model", "destination", "interval"})
    void aRequiredFieldMayNotBeMissing(String field) {
        Map<String, Object> body = hourlyExport();
        body.remove(field);

        assertThat(client.post("", body).is(400).errors()).containsOnlyKeys("/" + field);
    }

    @Test
    void everythingThatIsWrongIsToldAtOnce() {
        Map<String, Object> body = exportWithParameter("bucket_name", "");
        ApiClient.config(body).put("bukcet_name", "typo");
        ApiClient.config(body).put("max_file_size_mb", "big");
        ApiClient.config(body).put("encryption", "rot13");
        body.put("name", "");
        body.put("interval", "never");
        body.put("timezone", "Nowhere");
        body.put("start_at", "2026-01-02T00:00:00Z");
        body.put("end_at", "2026-01-01T00:00:00Z");
        body.put("extra", true);

        assertThat(client.post("", body).is(400).errors())
                .containsOnlyKeys(
                        "/extra",
                        "/name",
                        "/destination/config/bucket_name",
                        "/destination/config/bukcet_name",
                        "/destination/config/max_file_size_mb",
                        "/destination/config/encryption",
                        "/interval",
                        "/timezone",
                        "/end_at");
    }

    @Test
    void theEndMustComeAfterTheStart() {
        Map<String, Object> body = hourlyExport();
        body.put("start_at", "2026-01-01T00:00:00Z");
        body.put("end_at", "2026-01-01T00:00:00Z");

        assertThat(client.post("", body).is(400).errors()).containsEntry("/end_at", "must be after start_at");
    }

    @Test
    void anEventCannotBeIncludedAndExcluded() {
        Map<String, Object> body = hourlyExport();
        body.put("include_events", List.of("a", "b"));
        body.put("exclude_events", List.of("b"));

        assertThat(client.post("", body).is(400).errors()).containsOnlyKeys("/exclude_events");
    }

    @Test
    void aFieldNameIsEscapedInItsPointer() {
        Map<String, Object> body = hourlyExport();
        body.put("a/b~c", 1);

        assertThat(client.post("", body).is(400).errors()).containsOnlyKeys("/a~1b~0c");
    }

    @Test
    void halfASurrogatePairIsRefusedWhereverItStands() {
        String body = ApiClient.JSON.writeValueAsString(hourlyExport());

        String asValue = body.replace("events to S3", "\\ud800");
        String asName = body.replaceFirst("\\{", "{\"\\\\ud800\": 1, ");

        assertThat(client.send("POST", client.exports(), asValue).is(400).errors())
                .containsOnlyKeys("/name");
        client.send("POST", client.exports(), asName).is(400);
    }

    @Test
    void timesMayHaveAnyZoneAndAreAnsweredInUtc() {
        Map<String, Object> body = hourlyExport();
        body.put("start_at", "2026-01-01t02:00:00.123456789+02:00");

        assertThat(client.post("", body).is(201).json().get("start_at").stringValue())
                .isEqualTo("2026-01-01T00:00:00.123456Z");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "hour",
                "day",
                "week",
                "every 5 minutes",
                "every 10 minutes",
                "every 15 minutes",
                "every 20 minutes",
                "every 30 minutes"
            })
    void everyPublicIntervalIsAccepted(String interval) {
        Map<String, Object> body = hourlyExport();
        body.put("interval", interval);

        assertThat(client.post("", body).is(201).json().get("interval").stringValue())
                .isEqualTo(interval);
    }

    @Test
    void aChangeIsValidatedLikeANewExport() {
        String id = client.create(hourlyExport());

        assertThat(client.patch(id + "/", Map.of("interval", "never", "nme", "x"))
                        .is(400)
                        .errors())
                .containsOnlyKeys("/interval", "/nme");
        assertThat(client.patch(id + "/", Map.of("destination", Map.of("config", Map.of("bucket_name", ""))))
                        .is(400)
                        .errors())
                .containsOnlyKeys("/destination/config/bucket_name");
        assertThat(client.patch(id + "/", Map.of("destination", 5)).is(400).errors())
                .containsOnlyKeys("/destination");
        assertThat(client.get(id + "/").json().get("interval").stringValue()).isEqualTo("hour");
    }
}
