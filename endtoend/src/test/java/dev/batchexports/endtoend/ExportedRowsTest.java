package dev.batchexports.endtoend;

import static dev.batchexports.endtoend.Installation.change;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Which rows a run exports, and that each of them arrives exactly once.
class ExportedRowsTest {
    private final Installation installation = Installation.get();
    private final Api api = installation.api;
    private final Table table = installation.table;
    private final Bucket bucket = installation.bucket;
    private final long project = installation.newProject();

    @Test
    void startIsInclusiveEndIsExclusiveAndMicrosecondsCount() {
        Instant start = Installation.hourAgo(5);
        Instant end = start.plus(1, ChronoUnit.HOURS);
        table.insertAt(project, start.minus(1, ChronoUnit.MICROS));
        UUID first = table.insertAt(project, start);
        UUID last = table.insertAt(project, end.minus(1, ChronoUnit.MICROS));
        table.insertAt(project, end);
        String export = api.createExport(project, installation.hourlyExport("boundaries"));

        api.backfill(project, export, start, end);
        JsonNode run = api.awaitRun(project, export, start, "Completed", Duration.ofSeconds(60));

        assertThat(bucket.uuids("boundaries/")).containsExactlyInAnyOrder(first, last);
        assertThat(run.get("records_completed").asLong()).isEqualTo(2);
        assertThat(run.get("records_total_count").asLong()).isEqualTo(2);
        assertThat(run.get("trigger").asString()).isEqualTo("backfill");
    }

    @Test
    void exportsNothingOfAnotherProject() {
        Instant start = Installation.hourAgo(5);
        UUID own = table.insertAt(project, start);
        table.insertAt(installation.newProject(), start);
        String export = api.createExport(project, installation.hourlyExport("tenant"));

        api.backfill(project, export, start, start.plus(1, ChronoUnit.HOURS));
        api.awaitRun(project, export, start, "Completed", Duration.ofSeconds(60));

        assertThat(bucket.uuids("tenant/")).containsExactly(own);
    }

    @Test
    void exportsNothingThatLandedAtOrAfterTheEndDate() {
        Instant start = Installation.hourAgo(5);
        Instant endAt = start.plus(20, ChronoUnit.MINUTES);
        UUID before = table.insertAt(project, endAt.minus(1, ChronoUnit.MICROS));
        table.insertAt(project, endAt);
        table.insertAt(project, start.plus(70, ChronoUnit.MINUTES));
        Map<String, Object> body = installation.hourlyExport("end-date");
        body.put("end_at", endAt.toString());
        body.put("start_at", start.minus(1, ChronoUnit.HOURS).toString());
        String export = api.createExport(project, body);

        JsonNode run = api.awaitRun(project, export, start, "Completed", Duration.ofSeconds(60));

        assertThat(run.get("data_interval_end").asString()).isEqualTo(endAt.toString());
        assertThat(bucket.uuids("end-date/")).containsExactly(before);
        assertThat(api.get(Api.export(project, export)).json().get("status").asString())
                .isEqualTo("ended");
        assertThat(api.post(
                                Api.export(project, export) + "backfills/",
                                Map.of(
                                        "start_at",
                                        start.toString(),
                                        "end_at",
                                        start.plus(2, ChronoUnit.HOURS).toString()))
                        .status())
                .as("a backfill may not pass the end date")
                .isIn(201, 400);
        assertThat(bucket.uuids("end-date/")).containsExactly(before);
    }

    @Test
    void aDayWithDaylightSavingHasItsOwnLength() {
        // clocks fell back in Berlin on 2026-10-25: that day has 25 hours
        Instant start = Instant.parse("2026-10-24T22:00:00Z");
        Instant end = Instant.parse("2026-10-25T23:00:00Z");
        UUID first = table.insertAt(project, start);
        UUID last = table.insertAt(project, end.minus(1, ChronoUnit.MICROS));
        table.insertAt(project, end);
        Map<String, Object> body = installation.hourlyExport("daylight-saving");
        body.put("interval", "day");
        body.put("timezone", "Europe/Berlin");
        String export = api.createExport(project, body);

        api.backfill(project, export, start, end);
        JsonNode run = api.awaitRun(project, export, start, "Completed", Duration.ofSeconds(60));

        assertThat(run.get("data_interval_end").asString()).isEqualTo("2026-10-25T23:00:00Z");
        assertThat(bucket.uuids("daylight-saving/")).containsExactlyInAnyOrder(first, last);
    }

    @Test
    void anEmptyIntervalWritesOnlyItsManifest() {
        Instant start = Installation.hourAgo(5);
        String export = api.createExport(project, installation.hourlyExport("empty"));

        api.backfill(project, export, start, start.plus(1, ChronoUnit.HOURS));
        JsonNode run = api.awaitRun(project, export, start, "Completed", Duration.ofSeconds(60));

        assertThat(bucket.keys("empty/"))
                .containsExactly("empty/" + start + "-" + start.plus(1, ChronoUnit.HOURS) + "_manifest.json");
        assertThat(run.get("files_count").asInt()).isZero();
    }

    @Test
    void aRetryReplacesTheFilesAndAddsNothing() {
        Instant start = Installation.hourAgo(5);
        Instant end = start.plus(1, ChronoUnit.HOURS);
        table.insert(project, start, 3600, 500);
        String export = api.createExport(project, installation.hourlyExport("retry"));
        api.backfill(project, export, start, end);
        JsonNode first = api.awaitRun(project, export, start, "Completed", Duration.ofSeconds(60));
        table.insertAt(project, start.plus(1, ChronoUnit.MINUTES));

        Api.Answer retry =
                api.post(Api.export(project, export) + "runs/" + first.get("id").asString() + "/retry/", Map.of());
        assertThat(retry.status()).as(retry.body()).isEqualTo(201);
        assertThat(retry.json().get("retry_of").asString())
                .isEqualTo(first.get("id").asString());
        api.awaitRun(project, export, start, "Completed", Duration.ofSeconds(60));

        assertThat(bucket.uuids("retry/"))
                .hasSize(501)
                .containsExactlyInAnyOrderElementsOf(table.uuids(project, start, end));
    }

    @Test
    void everyFormatAndCompressionHoldsExactlyTheRows() {
        Instant start = Installation.hourAgo(5);
        Instant end = start.plus(1, ChronoUnit.HOURS);
        table.insert(project, start, 3600, 2000);
        List<Map.Entry<String, String>> encodings = List.of(
                Map.entry("JSONLines", "none"),
                Map.entry("JSONLines", "gzip"),
                Map.entry("JSONLines", "zstd"),
                Map.entry("Parquet", "none"),
                Map.entry("Parquet", "zstd"),
                Map.entry("Parquet", "snappy"),
                Map.entry("Parquet", "lz4"),
                Map.entry("Parquet", "gzip"));
        for (Map.Entry<String, String> encoding : encodings) {
            String prefix = "formats/" + encoding.getKey() + "-" + encoding.getValue();
            Map<String, Object> body = installation.hourlyExport(prefix);
            change(body, "file_format", encoding.getKey());
            change(body, "compression", encoding.getValue());
            String export = api.createExport(project, body);

            api.backfill(project, export, start, end);
            api.awaitRun(project, export, start, "Completed", Duration.ofSeconds(60));

            assertThat(bucket.uuids(prefix + "/"))
                    .as(prefix)
                    .containsExactlyInAnyOrderElementsOf(table.uuids(project, start, end));
        }
    }

    @Test
    void aScheduledRunExportsExactlyWhatLandedWhileRowsKeepLanding() {
        Map<String, Object> body = installation.hourlyExport("scheduled");
        body.put("interval", "every 10 seconds");
        body.put("settle_seconds", 2);
        Instant began = Instant.now();
        String export = api.createExport(project, body);
        Instant firstEnd = Instant.ofEpochSecond(Math.floorDiv(began.getEpochSecond(), 10) * 10 + 10);
        Instant secondEnd = firstEnd.plusSeconds(10);
        while (Instant.now().isBefore(secondEnd)) {
            table.insertAt(project, Instant.now().truncatedTo(ChronoUnit.MICROS));
        }

        api.awaitRun(project, export, firstEnd, "Completed", Duration.ofSeconds(60));
        JsonNode run = api.awaitRun(project, export, firstEnd.minusSeconds(10), "Completed", Duration.ofSeconds(60));

        assertThat(run.get("trigger").asString()).isEqualTo("schedule");
        String stem = "scheduled/" + firstEnd + "-" + secondEnd;
        assertThat(bucket.uuids(stem))
                .isNotEmpty()
                .containsExactlyInAnyOrderElementsOf(table.uuids(project, firstEnd, secondEnd));
        api.post(Api.export(project, export) + "pause/", Map.of());
    }
}
