package dev.batchexports.server.api;

import static dev.batchexports.server.api.ApiClient.hourlyExport;
import static dev.batchexports.server.api.ApiClient.texts;
import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.core.run.RunStatus;
import dev.batchexports.server.RecordingOrchestration;
import dev.batchexports.server.RecordingOrchestration.Mood;
import dev.batchexports.server.TestServer;
import dev.batchexports.server.runs.LogLevel;
import dev.batchexports.server.runs.LogStore;
import dev.batchexports.server.runs.Run;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// The runs of a batch export, their files and logs, and what became of each interval.
class RunRoutesTest {
    private static final Instant MIDNIGHT = Instant.parse("2026-03-01T00:00:00Z");

    private final TestServer server = TestServer.get();
    private final RecordingOrchestration orchestration = server.orchestration();
    private final ApiClient client = ApiClient.forNewProject();
    private final String export = client.create(exportSinceMidnight());
    private final Runs runs = new Runs(export);

    private static Map<String, Object> exportSinceMidnight() {
        Map<String, Object> body = hourlyExport();
        body.put("start_at", MIDNIGHT.toString());
        return body;
    }

    @AfterEach
    void temporalWorks() {
        orchestration.become(Mood.WORKING);
    }

    private static Instant hour(int hour) {
        return MIDNIGHT.plus(hour, ChronoUnit.HOURS);
    }

    @Test
    void aRunHasEveryFieldOfTheContract() {
        Run run = runs.completed(hour(1), 7);

        JsonNode answer = client.get(export + "/runs/" + run.id() + "/").is(200).json();

        assertThat(answer.propertyNames())
                .contains(
                        "id",
                        "batch_export_id",
                        "backfill_id",
                        "retry_of",
                        "trigger",
                        "status",
                        "data_interval_start",
                        "data_interval_end",
                        "attempt",
                        "next_retry_at",
                        "records_completed",
                        "records_total_count",
                        "bytes_exported",
                        "files_count",
                        "latest_error",
                        "workflow_id",
                        "workflow_run_id",
                        "created_at",
                        "started_at",
                        "finished_at",
                        "last_updated_at");
        assertThat(answer.get("batch_export_id").stringValue()).isEqualTo(export);
        assertThat(answer.get("trigger").stringValue()).isEqualTo("schedule");
        assertThat(answer.get("status").stringValue()).isEqualTo("Completed");
        assertThat(answer.get("data_interval_start").stringValue()).isEqualTo("2026-03-01T00:00:00Z");
        assertThat(answer.get("data_interval_end").stringValue()).isEqualTo("2026-03-01T01:00:00Z");
        assertThat(answer.get("records_completed").longValue()).isEqualTo(7);
        assertThat(answer.get("files_count").intValue()).isEqualTo(1);
        assertThat(answer.get("workflow_id").stringValue()).isEqualTo(export + "-2026-03-01T01:00:00Z");
        assertThat(answer.get("latest_error").isNull()).isTrue();
    }

    @Test
    void aFailedRunSaysWhatToChange() {
        Run run = runs.failed(hour(1));

        JsonNode error = client.get(export + "/runs/" + run.id() + "/").json().get("latest_error");

        assertThat(error.get("code").stringValue()).isEqualTo("NoSuchBucket");
        assertThat(error.get("fix").stringValue()).isEqualTo("Create it.");
        assertThat(error.get("retryable").booleanValue()).isFalse();
    }

    @Test
    void aRunOfAnotherExportIsNotFound() {
        Run run = runs.completed(hour(1), 1);
        String other = client.create(hourlyExport());

        client.get(other + "/runs/" + run.id() + "/").is(404);
        client.get(other + "/runs/" + run.id() + "/logs/").is(404);
        client.get(other + "/runs/" + run.id() + "/files/").is(404);
        client.post(other + "/runs/" + run.id() + "/retry/", Map.of()).is(404);
        client.post(other + "/runs/" + run.id() + "/cancel/", Map.of()).is(404);
    }

    @Test
    void runsAreListedNewestIntervalFirstAndCanBeFiltered() {
        Run second = runs.completed(hour(2), 1);
        Run first = runs.failed(hour(1));
        Run firstAgain = runs.completed(hour(1), 1);
        Run third = runs.starting(hour(3));

        assertThat(ids("")).containsExactly(id(third), id(second), id(firstAgain), id(first));
        assertThat(ids("?status=Failed")).containsExactly(id(first));
        assertThat(ids("?status=failed,starting")).containsExactly(id(third), id(first));
        assertThat(ids("?status=Failed&status=Starting")).containsExactly(id(third), id(first));
        assertThat(ids("?start=" + hour(1))).containsExactly(id(third), id(second));
        assertThat(ids("?end=" + hour(2))).containsExactly(id(second), id(firstAgain), id(first));
        assertThat(ids("?start=" + hour(1) + "&end=" + hour(2))).containsExactly(id(second));
        assertThat(ids("?backfill_id=" + UUID.randomUUID())).isEmpty();
    }

    private List<String> ids(String query) {
        return texts(client.get(export + "/runs/" + query).is(200).json().get("results"), "id");
    }

    private static String id(Run run) {
        return run.id().toString();
    }

    @Test
    void pagesOfRunsStayStableWhileRunsAreAdded() {
        List<String> expected = IntStream.rangeClosed(1, 7)
                .mapToObj(hour -> id(runs.completed(hour(hour), 1)))
                .toList()
                .reversed();

        JsonNode page =
                client.get(export + "/runs/?limit=3&status=Completed").is(200).json();
        runs.completed(hour(8), 1);
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
    void runFiltersAreValidated() {
        for (String query :
                List.of("status=Done", "start=yesterday", "end=2026-01-01", "backfill_id=x", "limit=0", "cursor=abc")) {
            assertThat(client.get(export + "/runs/?" + query).is(400).errors())
                    .as(query)
                    .containsOnlyKeys("/" + query.substring(0, query.indexOf('=')));
        }
    }

    @Test
    void theExportShowsItsTenLatestRuns() {
        List<String> made = IntStream.rangeClosed(1, 12)
                .mapToObj(hour -> id(runs.completed(hour(hour), 1)))
                .toList();

        assertThat(texts(client.get(export + "/").json().get("latest_runs"), "id"))
                .containsExactlyElementsOf(made.reversed().subList(0, 10));
    }

    @Test
    void aRetryIsANewRunOfTheSameIntervalWithTheCurrentConfiguration() {
        Run failed = runs.failed(hour(1));
        client.patch(export + "/", Map.of("name", "mended")).is(200);

        JsonNode retry = client.post(export + "/runs/" + failed.id() + "/retry/", Map.of())
                .is(201)
                .json();

        assertThat(retry.get("retry_of").stringValue()).isEqualTo(id(failed));
        assertThat(retry.get("trigger").stringValue()).isEqualTo("retry");
        assertThat(retry.get("status").stringValue()).isEqualTo("Starting");
        assertThat(retry.get("data_interval_start").stringValue()).isEqualTo("2026-03-01T00:00:00Z");
        assertThat(retry.get("workflow_id").stringValue()).isEqualTo(failed.workflowId());
        assertThat(orchestration.actions(retry.get("id").stringValue())).containsExactly("start");
    }

    @Test
    void anIntervalWithAnUnfinishedRunIsNotRetried() {
        Run failed = runs.failed(hour(1));
        Run running = runs.starting(hour(1));

        for (Run run : List.of(failed, running)) {
            ApiClient.Answer answer = client.post(export + "/runs/" + run.id() + "/retry/", Map.of())
                    .is(409);
            assertThat(answer.json().get("code").stringValue()).isEqualTo("run_active");
        }
        runs.finish(id(running), RunStatus.CANCELLED);
        client.post(export + "/runs/" + failed.id() + "/retry/", Map.of()).is(201);
    }

    @Test
    void aRetryWhoseWorkflowRunsAlreadyLeavesNoRunBehind() {
        Run failed = runs.failed(hour(1));
        orchestration.become(Mood.BUSY);

        client.post(export + "/runs/" + failed.id() + "/retry/", Map.of()).is(409);

        assertThat(ids("")).containsExactly(id(failed));
    }

    @Test
    void whileTemporalIsDownARetryStartsLater() {
        Run failed = runs.failed(hour(1));
        orchestration.become(Mood.UNAVAILABLE);

        JsonNode retry = client.post(export + "/runs/" + failed.id() + "/retry/", Map.of())
                .is(201)
                .json();

        assertThat(retry.get("status").stringValue()).isEqualTo("Starting");
    }

    @Test
    void aRetryIsCutShortByTheEndDateAndRefusedBehindIt() {
        Run early = runs.failed(hour(1));
        Run late = runs.failed(hour(5));
        client.patch(export + "/", Map.of("end_at", "2026-03-01T00:30:00Z")).is(200);

        JsonNode retry = client.post(export + "/runs/" + early.id() + "/retry/", Map.of())
                .is(201)
                .json();
        ApiClient.Answer refused =
                client.post(export + "/runs/" + late.id() + "/retry/", Map.of()).is(409);

        assertThat(retry.get("data_interval_end").stringValue()).isEqualTo("2026-03-01T00:30:00Z");
        assertThat(refused.json().get("code").stringValue()).isEqualTo("after_end");
    }

    @Test
    void cancellingAsksTemporalAndOnlyForARunThatIsNotFinished() {
        Run run = runs.starting(hour(1));

        JsonNode answer = client.post(export + "/runs/" + run.id() + "/cancel/", Map.of())
                .is(200)
                .json();
        assertThat(answer.get("id").stringValue()).isEqualTo(id(run));
        assertThat(orchestration.actions(id(run))).containsExactly("cancel");

        runs.finish(id(run), RunStatus.CANCELLED);
        ApiClient.Answer again =
                client.post(export + "/runs/" + run.id() + "/cancel/", Map.of()).is(409);
        assertThat(again.json().get("code").stringValue()).isEqualTo("run_finished");
        assertThat(again.json().get("detail").stringValue()).contains("Cancelled");
    }

    @Test
    void cancellingNeedsTemporal() {
        Run run = runs.starting(hour(1));
        orchestration.become(Mood.UNAVAILABLE);

        ApiClient.Answer answer =
                client.post(export + "/runs/" + run.id() + "/cancel/", Map.of()).is(503);

        assertThat(answer.json().get("code").stringValue()).isEqualTo("temporal_unavailable");
    }

    @Test
    void theFilesOfARunAreListed() {
        Run run = runs.completed(hour(1), 3);

        JsonNode files = client.get(export + "/runs/" + run.id() + "/files/")
                .is(200)
                .json()
                .get("results");

        assertThat(files).hasSize(1);
        assertThat(files.get(0).propertyNames()).containsExactlyInAnyOrder("key", "rows", "bytes", "checksum");
        assertThat(files.get(0).get("rows").longValue()).isEqualTo(3);
    }

    @Test
    void logsCanBeReadByRunAndByExportAndFiltered() {
        LogStore logs = server.bean(LogStore.class);
        Run run = runs.starting(hour(1));
        UUID exportId = UUID.fromString(export);
        Instant time = hour(1);
        logs.append(exportId, null, LogLevel.INFO, "schedule", "Schedule created", time);
        logs.append(exportId, run.id(), LogLevel.INFO, "start", "Run started", time.plusSeconds(1));
        logs.append(exportId, run.id(), LogLevel.WARNING, "transfer", "Slow", time.plusSeconds(2));
        logs.append(exportId, run.id(), LogLevel.ERROR, "transfer", "Bucket is gone", time.plusSeconds(3));

        assertThat(messages("/logs/")).containsExactly("Bucket is gone", "Slow", "Run started", "Schedule created");
        String ofRun = "/runs/" + run.id() + "/logs/";
        assertThat(messages(ofRun)).containsExactly("Bucket is gone", "Slow", "Run started");
        assertThat(messages(ofRun + "?level=ERROR")).containsExactly("Bucket is gone");
        assertThat(messages(ofRun + "?level=error,warning")).containsExactly("Bucket is gone", "Slow");
        assertThat(messages(ofRun + "?search=bucket")).containsExactly("Bucket is gone");
        assertThat(messages(ofRun + "?after=" + time.plusSeconds(2))).containsExactly("Bucket is gone");
        assertThat(messages(ofRun + "?before=" + time.plusSeconds(2))).containsExactly("Run started");
        assertThat(client.get(export + ofRun + "?level=LOUD").is(400).errors()).containsOnlyKeys("/level");

        JsonNode page = client.get(export + "/logs/?limit=3").is(200).json();
        assertThat(texts(page.get("results"), "message")).hasSize(3);
        JsonNode next = client.send("GET", page.get("next").stringValue(), "").json();
        assertThat(texts(next.get("results"), "message")).containsExactly("Schedule created");
        assertThat(next.get("next").isNull()).isTrue();
        JsonNode line = next.get("results").get(0);
        assertThat(line.propertyNames()).containsExactlyInAnyOrder("timestamp", "level", "stage", "message", "run_id");
        assertThat(line.get("run_id").isNull()).isTrue();
    }

    private List<String> messages(String path) {
        return texts(client.get(export + path).is(200).json().get("results"), "message");
    }

    @Test
    void everyExpectedIntervalHasAnEntrySoThatAMissingOneShows() {
        runs.completed(hour(1), 11);
        runs.failed(hour(2));
        Run running = runs.starting(hour(4));
        runs.failed(hour(5));
        runs.completed(hour(5), 5);
        runs.failed(hour(5));

        JsonNode intervals = client.get(export + "/intervals/?start=" + hour(-3) + "&end=" + hour(5))
                .is(200)
                .json()
                .get("results");

        assertThat(texts(intervals, "state")).containsExactly("completed", "failed", "missing", "running", "completed");
        assertThat(texts(intervals, "data_interval_start"))
                .containsExactly(
                        hour(0).toString(),
                        hour(1).toString(),
                        hour(2).toString(),
                        hour(3).toString(),
                        hour(4).toString());
        assertThat(intervals.get(0).get("rows").longValue()).isEqualTo(11);
        assertThat(intervals.get(2).get("run_id").isNull()).isTrue();
        assertThat(intervals.get(2).get("rows").isNull()).isTrue();
        assertThat(intervals.get(3).get("run_id").stringValue()).isEqualTo(id(running));
        assertThat(intervals.get(4).get("rows").longValue()).isEqualTo(5);
    }

    @Test
    void theIntervalUnderWayIsUpcomingUnlessTheExportIsPaused() {
        String fresh = client.create(hourlyExport());

        assertThat(states(fresh, "")).containsExactly("upcoming");
        client.post(fresh + "/pause/", Map.of());
        assertThat(states(fresh, "")).isEmpty();
    }

    @Test
    void intervalsEndWithTheExport() {
        client.patch(export + "/", Map.of("end_at", "2026-03-01T01:30:00Z")).is(200);

        JsonNode intervals = client.get(export + "/intervals/?start=" + hour(0) + "&end=9999-01-01T00:00:00Z")
                .is(200)
                .json()
                .get("results");

        assertThat(texts(intervals, "data_interval_end"))
                .containsExactly("2026-03-01T01:00:00Z", "2026-03-01T01:30:00Z");
    }

    @Test
    void aRangeOfTooManyIntervalsIsRefused() {
        assertThat(client.get(export + "/intervals/?end=9999-01-01T00:00:00Z&start=" + hour(0))
                        .is(400)
                        .errors())
                .containsOnlyKeys("/start");
        assertThat(client.get(export + "/intervals/?start=" + hour(2) + "&end=" + hour(1))
                        .is(400)
                        .errors())
                .containsOnlyKeys("/start");
        assertThat(client.get(export + "/intervals/?start=x").is(400).errors()).containsOnlyKeys("/start");
    }

    private List<String> states(String id, String query) {
        return texts(client.get(id + "/intervals/" + query).is(200).json().get("results"), "state");
    }
}
