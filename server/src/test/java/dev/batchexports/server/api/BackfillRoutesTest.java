package dev.batchexports.server.api;

import static dev.batchexports.server.api.ApiClient.hourlyExport;
import static dev.batchexports.server.api.ApiClient.texts;
import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.server.RecordingOrchestration;
import dev.batchexports.server.RecordingOrchestration.Mood;
import dev.batchexports.server.TestServer;
import dev.batchexports.server.backfills.BackfillStatus;
import dev.batchexports.server.backfills.BackfillStore;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Planning, creating, pausing and cancelling backfills.
class BackfillRoutesTest {
    private static final Instant MIDNIGHT = Instant.parse("2026-03-01T00:00:00Z");

    private final TestServer server = TestServer.get();
    private final RecordingOrchestration orchestration = server.orchestration();
    private final ApiClient client = ApiClient.forNewProject();
    private final String export = client.create(hourlyExport());

    @AfterEach
    void temporalWorks() {
        orchestration.become(Mood.WORKING);
    }

    private static Instant hour(int hour) {
        return MIDNIGHT.plus(hour, ChronoUnit.HOURS);
    }

    private static Map<String, Object> range(Instant start, Instant end) {
        return new HashMap<>(Map.of("start_at", start.toString(), "end_at", end.toString()));
    }

    private JsonNode create(Map<String, ? extends @Nullable Object> body) {
        return client.post(export + "/backfills/", body).is(201).json();
    }

    @Test
    void aBackfillHasEveryFieldOfTheContractAndIsStarted() {
        JsonNode backfill = create(range(hour(0), hour(24)));

        assertThat(backfill.propertyNames())
                .contains(
                        "id",
                        "start_at",
                        "end_at",
                        "scope",
                        "concurrency",
                        "status",
                        "total_runs",
                        "finished_runs",
                        "failed_runs",
                        "total_records_count",
                        "created_at",
                        "finished_at");
        assertThat(backfill.get("status").stringValue()).isEqualTo("Starting");
        assertThat(backfill.get("scope").stringValue()).isEqualTo("all");
        assertThat(backfill.get("concurrency").intValue()).isEqualTo(2);
        assertThat(backfill.get("total_runs").intValue()).isEqualTo(24);
        assertThat(orchestration.actions(backfill.get("id").stringValue())).containsExactly("start");
        assertThat(client.get(export + "/backfills/" + backfill.get("id").stringValue() + "/")
                        .is(200)
                        .json())
                .isEqualTo(backfill);
    }

    @Test
    void aRangeIsSnappedOutwardsToWholeIntervals() {
        JsonNode backfill = create(range(hour(3).plusSeconds(1), hour(5).minusSeconds(1)));

        assertThat(backfill.get("start_at").stringValue()).isEqualTo(hour(3).toString());
        assertThat(backfill.get("end_at").stringValue()).isEqualTo(hour(5).toString());
    }

    @Test
    void aRangeIsSnappedInTheTimeZoneOfTheExport() {
        client.patch(export + "/", Map.of("interval", "day", "timezone", "Europe/Berlin"))
                .is(200);

        JsonNode backfill = create(range(hour(12), hour(36)));

        assertThat(backfill.get("start_at").stringValue()).isEqualTo("2026-02-28T23:00:00Z");
        assertThat(backfill.get("end_at").stringValue()).isEqualTo("2026-03-02T23:00:00Z");
        assertThat(backfill.get("total_runs").intValue()).isEqualTo(2);
    }

    @Test
    void theIntervalUnderWayIsLeftOut() {
        Instant now = Instant.now();
        JsonNode backfill = create(range(now.minus(3, ChronoUnit.HOURS), now.minusSeconds(1)));

        assertThat(Instant.parse(backfill.get("end_at").stringValue())).isEqualTo(now.truncatedTo(ChronoUnit.HOURS));
    }

    @Test
    void nothingIsExportedBehindTheEndDate() {
        client.patch(export + "/", Map.of("end_at", "2026-03-01T02:30:00Z")).is(200);

        assertThat(create(range(hour(0), hour(9))).get("end_at").stringValue()).isEqualTo(hour(3).toString());
        assertThat(client.post(export + "/backfills/", range(hour(4), hour(9)))
                        .is(400)
                        .errors())
                .containsOnlyKeys("/start_at");
    }

    @Test
    void noStartMeansTheEarliestData() {
        Map<String, @Nullable Object> body = new HashMap<>(range(hour(0), hour(2)));
        body.put("start_at", null);

        JsonNode backfill = create(body);

        assertThat(backfill.get("start_at").isNull()).isTrue();
        assertThat(backfill.get("total_runs").isNull()).isTrue();
    }

    @Test
    void aRequestIsValidated() {
        String tomorrow = Instant.now().plus(1, ChronoUnit.DAYS).toString();
        Map<Map<String, Object>, String> wrong = Map.of(
                Map.of("start_at", "2026-01-01T00:00:00Z"), "/end_at",
                Map.of("start_at", "2026-01-01T00:00:00Z", "end_at", tomorrow), "/end_at",
                Map.of("start_at", "2026-01-01T00:00:00Z", "end_at", "2025-01-01T00:00:00Z"), "/start_at",
                Map.of("end_at", "2026-01-01T00:00:00Z", "scope", "some"), "/scope",
                Map.of("end_at", "2026-01-01T00:00:00Z", "concurrency", 0), "/concurrency",
                Map.of("end_at", "2026-01-01T00:00:00Z", "concurrency", 51), "/concurrency",
                Map.of("end_at", "2026-01-01T00:00:00Z", "concurrency", "2"), "/concurrency",
                Map.of("end_at", 5), "/end_at",
                Map.of("end_at", "2026-01-01T00:00:00Z", "speed", "high"), "/speed");
        wrong.forEach((body, pointer) -> {
            assertThat(client.post(export + "/backfills/", body).is(400).errors())
                    .as(body.toString())
                    .containsOnlyKeys(pointer);
            assertThat(client.post(export + "/backfills/plan/", body).is(400).errors())
                    .containsOnlyKeys(pointer);
        });
        assertThat(client.post(
                                export + "/backfills/",
                                range(
                                        Instant.now().minusMillis(2),
                                        Instant.now().minusMillis(1)))
                        .is(400)
                        .errors())
                .containsOnlyKeys("/end_at");
    }

    @Test
    void whileTemporalIsDownABackfillStartsLater() {
        orchestration.become(Mood.UNAVAILABLE);

        assertThat(create(range(hour(0), hour(2))).get("status").stringValue()).isEqualTo("Starting");
    }

    @Test
    void aPlanTellsIntervalsRunsRowsAndBytes() {
        server.insertEvents(
                client.project(), hour(1), hour(1).plusSeconds(60), hour(2).minusNanos(1000), hour(2), hour(5));
        server.insertEvents(client.project() + 1_000_000, hour(1));
        new Runs(export).completed(hour(2), 3);

        JsonNode all = plan(range(hour(0), hour(4)));
        assertThat(all.get("intervals").longValue()).isEqualTo(4);
        assertThat(all.get("runs").longValue()).isEqualTo(4);
        assertThat(all.get("rows").longValue()).isEqualTo(4);
        assertThat(all.get("bytes").longValue()).isPositive();
        assertThat(all.get("already_completed").longValue()).isEqualTo(1);

        Map<String, Object> gaps = range(hour(0), hour(4));
        gaps.put("scope", "gaps");
        JsonNode missing = plan(gaps);
        assertThat(missing.get("intervals").longValue()).isEqualTo(4);
        assertThat(missing.get("runs").longValue()).isEqualTo(3);
        assertThat(missing.get("rows").longValue()).isEqualTo(1);
        assertThat(missing.get("bytes").longValue())
                .isPositive()
                .isLessThan(all.get("bytes").longValue());
        assertThat(client.get(export + "/backfills/").json().get("results")).isEmpty();
    }

    @Test
    void aPlanWithoutAStartBeginsWithTheEarliestRow() {
        server.insertEvents(client.project(), hour(7).plusSeconds(30), hour(9));

        JsonNode plan = plan(Map.of("end_at", hour(24).toString()));

        assertThat(plan.get("start_at").stringValue()).isEqualTo(hour(7).toString());
        assertThat(plan.get("intervals").longValue()).isEqualTo(17);
        assertThat(plan.get("rows").longValue()).isEqualTo(2);
    }

    @Test
    void aPlanWithoutAnyRowIsEmpty() {
        JsonNode plan = plan(Map.of("end_at", hour(24).toString()));

        assertThat(plan.get("start_at").isNull()).isTrue();
        assertThat(plan.get("intervals").longValue()).isZero();
        assertThat(plan.get("runs").longValue()).isZero();
    }

    @Test
    void aModelThatCannotBeReadMakesThePlanSayWhy() {
        TestServer.get().clickHouse("CREATE TABLE IF NOT EXISTS no_such_table (inserted_at DateTime) ENGINE = Memory");
        client.patch(export + "/", Map.of("model", Map.of("table", "no_such_table")))
                .is(200);
        TestServer.get().clickHouse("DROP TABLE no_such_table");

        ApiClient.Answer answer = client.post(export + "/backfills/plan/", range(hour(0), hour(4)))
                .is(400);

        assertThat(answer.errors().get("/model")).contains("no_such_table");
    }

    private JsonNode plan(Map<String, Object> body) {
        return client.post(export + "/backfills/plan/", body).is(200).json();
    }

    @Test
    void pagesOfBackfillsStayStableWhileBackfillsAreAdded() {
        List<String> expected = IntStream.range(0, 5)
                .mapToObj(number -> create(range(hour(0), hour(1))).get("id").stringValue())
                .toList()
                .reversed();

        JsonNode page = client.get(export + "/backfills/?limit=2").is(200).json();
        create(range(hour(0), hour(1)));
        List<String> seen = new ArrayList<>(texts(page.get("results"), "id"));
        while (!page.get("next").isNull()) {
            page = client.send("GET", page.get("next").stringValue(), "")
                    .is(200)
                    .json();
            seen.addAll(texts(page.get("results"), "id"));
        }

        assertThat(seen).containsExactlyElementsOf(expected);
    }

    @Test
    void aBackfillCanBePausedAndResumedAndBothMayBeRepeated() {
        String id = create(range(hour(0), hour(9))).get("id").stringValue();
        String path = export + "/backfills/" + id + "/";
        begin(id);

        assertThat(client.post(path + "pause/", Map.of())
                        .is(200)
                        .json()
                        .get("status")
                        .stringValue())
                .isEqualTo("Paused");
        client.post(path + "pause/", Map.of()).is(200);
        assertThat(client.post(path + "resume/", Map.of())
                        .is(200)
                        .json()
                        .get("status")
                        .stringValue())
                .isEqualTo("Running");
        client.post(path + "resume/", Map.of()).is(200);

        assertThat(orchestration.actions(id)).containsExactly("start", "pause", "pause", "resume", "resume");
    }

    @Test
    void aFinishedBackfillCannotBeChangedAnyMore() {
        String id = create(range(hour(0), hour(9))).get("id").stringValue();
        String path = export + "/backfills/" + id + "/";
        client.post(path + "cancel/", Map.of()).is(200);
        assertThat(orchestration.actions(id)).containsExactly("start", "cancel");
        server.bean(BackfillStore.class).move(UUID.fromString(id), BackfillStatus.CANCELLED, Instant.now());

        for (String action : List.of("cancel/", "pause/", "resume/")) {
            ApiClient.Answer answer = client.post(path + action, Map.of()).is(409);
            assertThat(answer.json().get("code").stringValue()).isEqualTo("backfill_finished");
        }
    }

    @Test
    void theIntervalCannotBeChangedWhileABackfillIsUnderWay() {
        String id = create(range(hour(0), hour(9))).get("id").stringValue();

        ApiClient.Answer refused =
                client.patch(export + "/", Map.of("interval", "day")).is(409);
        assertThat(refused.json().get("code").stringValue()).isEqualTo("backfill_active");
        client.patch(export + "/", Map.of("name", "renamed", "interval", "hour"))
                .is(200);

        client.post(export + "/backfills/" + id + "/cancel/", Map.of()).is(200);
        client.patch(export + "/", Map.of("interval", "day")).is(200);
    }

    @Test
    void aBackfillOfAnotherExportIsNotFound() {
        String id = create(range(hour(0), hour(9))).get("id").stringValue();
        String other = client.create(hourlyExport());

        client.get(other + "/backfills/" + id + "/").is(404);
        client.post(other + "/backfills/" + id + "/cancel/", Map.of()).is(404);
        client.get(export + "/backfills/plan/").is(404);
    }

    @Test
    void cancellingAndPausingNeedTemporal() {
        String id = create(range(hour(0), hour(9))).get("id").stringValue();
        begin(id);
        orchestration.become(Mood.UNAVAILABLE);

        client.post(export + "/backfills/" + id + "/cancel/", Map.of()).is(503);
        client.post(export + "/backfills/" + id + "/pause/", Map.of()).is(503);
        assertThat(client.get(export + "/backfills/" + id + "/")
                        .json()
                        .get("status")
                        .stringValue())
                .isEqualTo("Running");
    }

    /// As its workflow does when it begins.
    private void begin(String id) {
        server.bean(BackfillStore.class).begin(UUID.fromString(id), Instant.now());
    }

    @Test
    void aBackfillWhoseWorkflowHasNotBegunIsPausedAndCancelledWithoutTemporal() {
        orchestration.become(Mood.UNAVAILABLE);
        String path = export + "/backfills/"
                + create(range(hour(0), hour(9))).get("id").stringValue() + "/";

        assertThat(status(client.post(path + "pause/", Map.of()))).isEqualTo("Paused");
        assertThat(status(client.post(path + "resume/", Map.of()))).isEqualTo("Starting");
        assertThat(status(client.post(path + "cancel/", Map.of()))).isEqualTo("Cancelled");
    }

    private static String status(ApiClient.Answer answer) {
        return answer.is(200).json().get("status").stringValue();
    }

    @Test
    void aPlanSaysWhatIsExportedAlreadyWhatIsEmptyAndHowTheRangeWasChanged() {
        server.insertEvents(client.project(), hour(1), hour(6));
        Runs runs = new Runs(export);
        runs.completed(hour(2), 1);
        runs.completed(hour(3), 0);
        runs.completed(hour(6), 0);
        client.patch(export + "/", Map.of("end_at", "2026-03-01T08:30:00Z")).is(200);

        JsonNode plan = plan(range(hour(0).plusSeconds(60), hour(24)));

        assertThat(plan.get("start_at").stringValue()).isEqualTo(hour(0).toString());
        assertThat(plan.get("end_at").stringValue()).isEqualTo(hour(9).toString());
        assertThat(plan.get("intervals").longValue()).isEqualTo(9);
        assertThat(plan.get("empty_runs").longValue()).isEqualTo(7);
        assertThat(plan.get("already_completed").longValue()).isEqualTo(3);
        JsonNode ranges = plan.get("completed_ranges");
        assertThat(texts(ranges, "start_at")).containsExactly(hour(1).toString(), hour(5).toString());
        assertThat(texts(ranges, "end_at")).containsExactly(hour(3).toString(), hour(6).toString());
        assertThat(ranges.at("/0/intervals").longValue()).isEqualTo(2);
        assertThat(texts(plan.get("notes"), "code")).containsExactly("start_snapped", "end_cut_to_export_end");
    }

    @Test
    void aPlanOfDaysCountsTheRowsOfEachDayOfTheZone() {
        client.patch(export + "/", Map.of("interval", "day", "timezone", "Europe/Berlin"))
                .is(200);
        server.insertEvents(
                client.project(),
                Instant.parse("2026-03-28T22:59:59Z"),
                Instant.parse("2026-03-28T23:00:00Z"),
                Instant.parse("2026-03-29T21:59:59Z"));

        JsonNode plan = plan(range(Instant.parse("2026-03-26T23:00:00Z"), Instant.parse("2026-03-30T22:00:00Z")));

        assertThat(plan.get("intervals").longValue()).isEqualTo(4);
        assertThat(plan.get("empty_runs").longValue()).isEqualTo(2);
        assertThat(plan.get("rows").longValue()).isEqualTo(3);
    }

    @Test
    void tooManyIntervalsAreRefused() {
        assertThat(client.post(export + "/backfills/", range(Instant.parse("1800-01-01T00:00:00Z"), hour(0)))
                        .is(400)
                        .errors())
                .containsOnlyKeys("/start_at");
    }

    @Test
    void tooManyIntervalsSinceTheEarliestRowAreRefused() {
        client.patch(export + "/", Map.of("interval", "every 5 minutes")).is(200);
        server.insertEvents(client.project(), Instant.EPOCH, hour(0));

        String error = client.post(export + "/backfills/plan/", Map.of("end_at", hour(24).toString()))
                .is(400)
                .errors()
                .get("/start_at");

        assertThat(error).contains("1970-01-01T00:00:00Z", "1000000");
    }

    @Test
    void failedRunsOfAFinishedBackfillAreRunAgainByANewOne() {
        JsonNode original = create(range(hour(0), hour(9)));
        String id = original.get("id").stringValue();
        String path = export + "/backfills/" + id + "/rerun_failed/";
        assertThat(client.post(path, Map.of()).is(409).json().get("code").stringValue())
                .isEqualTo("backfill_active");
        server.bean(BackfillStore.class).move(UUID.fromString(id), BackfillStatus.FAILED, Instant.now());
        assertThat(client.post(path, Map.of()).is(409).json().get("code").stringValue())
                .isEqualTo("nothing_failed");
        new Runs(export).failedOf(UUID.fromString(id), hour(4));

        JsonNode again = client.post(path, Map.of()).is(201).json();

        assertThat(again.get("rerun_of").stringValue()).isEqualTo(id);
        assertThat(again.get("total_runs").intValue()).isEqualTo(1);
        assertThat(again.get("scope").stringValue()).isEqualTo("all");
        assertThat(orchestration.actions(again.get("id").stringValue())).containsExactly("start");
    }

    @Test
    void progressIsToldWithTimeLeftAndSpeed() {
        String id = create(range(hour(0), hour(10))).get("id").stringValue();
        JsonNode fresh = client.get(export + "/backfills/" + id + "/").json();
        assertThat(fresh.get("seconds_left").isNull()).isTrue();
        assertThat(fresh.get("rows_per_second").isNull()).isTrue();
        BackfillStore store = server.bean(BackfillStore.class);
        store.begin(UUID.fromString(id), Instant.now().minusSeconds(20).truncatedTo(ChronoUnit.MICROS));
        store.add(UUID.fromString(id), 4, 0, 1000, Instant.now());

        JsonNode running = client.get(export + "/backfills/" + id + "/").json();

        // 4 of 10 in 20 s, give or take what this test takes.
        assertThat(running.get("seconds_left").longValue()).isBetween(30L, 60L);
        assertThat(running.get("rows_per_second").doubleValue()).isBetween(25.0, 50.0);
    }
}
