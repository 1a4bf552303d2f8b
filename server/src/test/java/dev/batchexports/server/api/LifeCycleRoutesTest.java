package dev.batchexports.server.api;

import static dev.batchexports.server.api.ApiClient.hourlyExport;
import static dev.batchexports.server.api.ApiClient.texts;
import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.core.destination.CommittedFile;
import dev.batchexports.core.destination.SliceReceipt;
import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.interval.Timeline;
import dev.batchexports.core.run.RunStatus;
import dev.batchexports.core.run.RunTrigger;
import dev.batchexports.core.source.Plan;
import dev.batchexports.core.source.Slice;
import dev.batchexports.server.TestServer;
import dev.batchexports.server.exports.ExportStore;
import dev.batchexports.server.runs.NewRun;
import dev.batchexports.server.runs.Run;
import dev.batchexports.server.runs.RunStore;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.JsonNode;

/// What an export goes through: pauses, changes, ends, and what they make of its intervals.
class LifeCycleRoutesTest {
    private static final Instant MIDNIGHT = Instant.parse("2026-03-01T00:00:00Z");

    private final TestServer server = TestServer.get();
    private final RunStore store = server.bean(RunStore.class);
    private final ApiClient client = ApiClient.forNewProject();

    private String exportSinceMidnight() {
        Map<String, Object> body = hourlyExport();
        body.put("start_at", MIDNIGHT.toString());
        return client.create(body);
    }

    private static Instant hour(int hour) {
        return MIDNIGHT.plus(hour, ChronoUnit.HOURS);
    }

    private JsonNode intervals(String export, Instant start, Instant end) {
        return client.get(export + "/intervals/?start=" + start + "&end=" + end)
                .is(200)
                .json();
    }

    @Test
    void theIntervalsOfAnExportCanBePreviewedBeforeItExists() {
        Map<String, Object> body = new HashMap<>(Map.of(
                "interval", "day",
                "timezone", "Europe/Berlin",
                "offset_hour", 2,
                "start_at", "2100-03-27T12:00:00Z"));

        JsonNode preview = client.post("schedule/?count=3", body).is(200).json().get("results");

        // the hour 2 does not exist on 2100-03-28
        assertThat(texts(preview, "data_interval_start"))
                .containsExactly("2100-03-28T01:00:00Z", "2100-03-29T00:00:00Z", "2100-03-30T00:00:00Z");
        assertThat(client.post("schedule/", Map.of("interval", "hour")).json().get("results"))
                .hasSize(5);
        body.put("end_at", "2100-03-29T06:00:00Z");
        assertThat(texts(client.post("schedule/", body).json().get("results"), "data_interval_end"))
                .containsExactly("2100-03-29T00:00:00Z", "2100-03-29T06:00:00Z");
        assertThat(client.post("schedule/", Map.of("interval", "fortnight", "offset_hour", 99))
                        .is(400)
                        .errors())
                .containsOnlyKeys("/interval", "/offset_hour");
        assertThat(client.post("schedule/", Map.of("interval", "hour", "intervall", "day"))
                        .is(400)
                        .errors())
                .containsOnlyKeys("/intervall");
    }

    @Test
    void aChangeOfTheIntervalKeepsWhatWasExportedAndLeavesNothingOutNorTwice() {
        String export = exportSinceMidnight();
        Runs runs = new Runs(export);
        Instant seam = Instant.now().truncatedTo(ChronoUnit.HOURS);
        Instant beforeSeam = seam.minus(3, ChronoUnit.HOURS);
        for (Instant end = beforeSeam; !end.isAfter(seam); end = end.plus(1, ChronoUnit.HOURS)) {
            runs.completed(end, 5);
        }

        JsonNode changed = client.patch(
                        export + "/", Map.of("interval", "week", "timezone", "Pacific/Auckland", "offset_day", 3))
                .is(200)
                .json();

        assertThat(changed.get("effects").toString())
                .contains("Intervals that ended by " + seam + " stay as they are")
                .contains("The first new interval")
                .contains("shorter than the others");
        JsonNode answer = intervals(export, beforeSeam.minus(1, ChronoUnit.HOURS), seam);
        assertThat(texts(answer.get("results"), "state"))
                .containsExactly("completed", "completed", "completed", "completed");
        assertThat(answer.at("/coverage/fraction").doubleValue()).isEqualTo(1);
        JsonNode next = client.get(export + "/schedule/?count=2").json().get("results");
        assertThat(next.get(0).get("data_interval_start").stringValue()).isEqualTo(seam.toString());
        assertThat(next.get(1).get("data_interval_start")).isEqualTo(next.get(0).get("data_interval_end"));
        // and a retry of an old interval is of the old interval
        String old = client.get(export + "/runs/").json().at("/results/0/id").stringValue();
        JsonNode retry = client.post(export + "/runs/" + old + "/retry/", Map.of())
                .is(201)
                .json();
        assertThat(retry.get("data_interval_end").stringValue()).isEqualTo(seam.toString());
        assertThat(retry.get("revision").longValue()).isEqualTo(2);

        JsonNode unchanged =
                client.patch(export + "/", Map.of("name", "renamed")).is(200).json();
        assertThat(unchanged.get("effects")).isEmpty();
    }

    @Test
    void anIntervalIsCompletedOnlyWhenRunsCoverAllOfIt() {
        Map<String, Object> body = hourlyExport();
        body.put("interval", "day");
        body.put("start_at", MIDNIGHT.toString());
        String export = client.create(body);
        for (int hour = 0; hour < 23; hour++) {
            completed(export, new Interval(hour(hour), hour(hour + 1)), 2);
        }

        JsonNode partly = intervals(export, hour(0), hour(24));
        assertThat(texts(partly.get("results"), "state")).containsExactly("missing");
        assertThat(partly.at("/coverage/covered").longValue()).isZero();

        completed(export, new Interval(hour(23), hour(24)), 2);

        JsonNode wholly = intervals(export, hour(0), hour(24));
        assertThat(texts(wholly.get("results"), "state")).containsExactly("completed");
        assertThat(wholly.at("/results/0/rows").longValue()).isEqualTo(48);
        assertThat(wholly.at("/coverage/covered").longValue()).isEqualTo(1);
    }

    private Run completed(String export, Interval interval, long rows) {
        Run run = started(export, interval);
        transfer(run, rows);
        store.finish(run.id(), RunStatus.COMPLETED, null, Instant.now());
        return run;
    }

    private Run started(String export, Interval interval) {
        return store.create(
                new NewRun(
                        UUID.randomUUID(),
                        UUID.fromString(export),
                        null,
                        null,
                        RunTrigger.BACKFILL,
                        interval,
                        interval.end(),
                        1,
                        export + "-" + interval.end(),
                        "workflow-run"),
                Instant.now());
    }

    private void transfer(Run run, long rows) {
        Instant now = Instant.now();
        store.savePlan(
                run.id(),
                new Plan(rows, rows, List.of(), List.of(new Slice(0, run.interval(), 0, 1, rows, rows))),
                "settings",
                now);
        store.saveReceipt(run.id(), new SliceReceipt(0, rows, rows, "none:", Map.of()), now);
    }

    @Test
    void anIntervalThatWasExportedBeyondTheEndDateIsNotRetried() {
        String export = exportSinceMidnight();
        Run run = completed(export, new Interval(hour(0), hour(1)), 5);
        client.patch(export + "/", Map.of("end_at", hour(0).plusSeconds(1_800).toString()))
                .is(200);

        assertThat(client.post(export + "/runs/" + run.id() + "/retry/", Map.of())
                        .is(409)
                        .json()
                        .get("code")
                        .stringValue())
                .isEqualTo("exported_beyond_end");
    }

    /// A server whose clock is slow still sees the interval of a run that has begun as the one under way.
    @Test
    void theIntervalOfARunThatHasBegunKeepsItsGrid() {
        String export = client.create(hourlyExport());
        Instant hour = Instant.now().truncatedTo(ChronoUnit.HOURS);
        Run _ = started(export, new Interval(hour, hour.plus(1, ChronoUnit.HOURS)));

        client.patch(export + "/", Map.of("interval", "day")).is(200);

        Timeline timeline = server.bean(ExportStore.class)
                .find(UUID.fromString(export))
                .orElseThrow()
                .timeline();
        assertThat(timeline.endingAt(hour.plus(1, ChronoUnit.HOURS)))
                .isEqualTo(new Interval(hour, hour.plus(1, ChronoUnit.HOURS)));
    }

    private boolean commitStarted(String export, Run run) {
        return client.get(export + "/runs/" + run.id() + "/")
                .is(200)
                .json()
                .get("commit_started")
                .booleanValue();
    }

    @Test
    void aCommitThatFailedHalfwayMakesItsIntervalAGapUntilItIsRunAgain() {
        String export = exportSinceMidnight();
        Interval interval = new Interval(hour(0), hour(1));
        completed(export, interval, 5);
        Run harmless = started(export, interval);
        store.finish(harmless.id(), RunStatus.FAILED, null, Instant.now());
        assertThat(texts(intervals(export, hour(0), hour(1)).get("results"), "state"))
                .containsExactly("completed");

        Run halfway = started(export, interval);
        assertThat(store.beginCommit(halfway.id(), 2, Instant.now())).isFalse();
        assertThat(store.beginCommit(halfway.id(), 1, Instant.now())).isTrue();
        store.finish(halfway.id(), RunStatus.CANCELLED, null, Instant.now());
        assertThat(commitStarted(export, harmless)).isFalse();
        assertThat(commitStarted(export, halfway)).isTrue();

        JsonNode gap = intervals(export, hour(0), hour(1)).get("results").get(0);
        assertThat(gap.get("state").stringValue()).isEqualTo("failed");
        assertThat(gap.get("run_id").stringValue()).isEqualTo(halfway.id().toString());
        assertThat(store.coverage(UUID.fromString(export), hour(0), hour(1)).covers(interval))
                .isFalse();

        completed(export, interval, 5);
        assertThat(texts(intervals(export, hour(0), hour(1)).get("results"), "state"))
                .containsExactly("completed");
    }

    @Test
    void aWorkerThatDoesNotKnowThatItsRunHasEndedChangesNoNumberOfIt() {
        String export = exportSinceMidnight();
        Run run = started(export, new Interval(hour(0), hour(1)));
        transfer(run, 5);
        store.finish(run.id(), RunStatus.TERMINATED, null, Instant.now());
        Run ended = store.find(run.id()).orElseThrow();

        Instant later = Instant.now().plusSeconds(60);
        assertThat(store.savePlan(run.id(), new Plan(999, 999, List.of(), List.of()), "others", later))
                .isFalse();
        store.recordProgress(run.id(), 0, 999, later);
        store.saveReceipt(run.id(), new SliceReceipt(0, 999, 999, "none:", Map.of()), later);
        store.discardReceipts(run.id(), Set.of(0), later);
        store.recordCounted(run.id(), 999, later);
        store.saveFiles(run.id(), List.of(new CommittedFile("x", 1, 1, "none:")), OptionalLong.of(1), later);

        assertThat(store.beginCommit(run.id(), 1, later)).isFalse();
        assertThat(store.find(run.id()).orElseThrow()).isEqualTo(ended);
        assertThat(store.settings(run.id())).hasValue("settings");
        assertThat(store.files(run.id())).isEmpty();
        assertThat(store.slices(run.id()).getFirst().receipt()).isEqualTo(new SliceReceipt(0, 5, 5, "none:", Map.of()));
    }

    @Test
    void intervalsThatEndedDuringAPauseAreSkippedUnlessTheyAreCaughtUp() {
        Map<String, Object> body = hourlyExport();
        Instant now = Instant.now();
        Instant start = now.truncatedTo(ChronoUnit.HOURS).minus(4, ChronoUnit.HOURS);
        body.put("start_at", start.toString());
        String export = client.create(body);
        client.post(export + "/pause/", Map.of()).is(200);
        server.bean(JdbcClient.class)
                .sql("update export_pauses set paused_at = ?::timestamptz where batch_export_id = ?::uuid")
                .params(start.plusSeconds(7_000).toString(), export)
                .update();

        assertThat(states(export)).containsExactly("missing", "skipped", "skipped", "skipped");
        assertThat(intervals(export, start, now).at("/coverage/expected").longValue())
                .isEqualTo(1);
        client.post(export + "/unpause/", Map.of()).is(200);
        assertThat(states(export).subList(0, 4)).containsExactly("missing", "skipped", "skipped", "skipped");

        client.post(export + "/pause/", Map.of()).is(200);
        server.bean(JdbcClient.class)
                .sql("""
                        update export_pauses set paused_at = ?::timestamptz
                        where batch_export_id = ?::uuid and unpaused_at is null
                        """)
                .params(start.plusSeconds(7_001).toString(), export)
                .update();
        server.bean(JdbcClient.class)
                .sql("delete from export_pauses where batch_export_id = ?::uuid and unpaused_at is not null")
                .params(export)
                .update();
        client.post(export + "/unpause/", Map.of("backfill", true)).is(200);
        assertThat(states(export).subList(0, 4)).containsExactly("missing", "missing", "missing", "missing");
    }

    private List<String> states(String export) {
        return texts(client.get(export + "/intervals/").is(200).json().get("results"), "state");
    }

    @Test
    void anExportThatGoesOnAfterItsEndGoesOnWhereItEnded() {
        Map<String, Object> body = hourlyExport();
        Instant now = Instant.now().truncatedTo(ChronoUnit.HOURS);
        Instant end = now.minus(90, ChronoUnit.MINUTES);
        body.put("start_at", now.minus(3, ChronoUnit.HOURS).toString());
        body.put("end_at", end.toString());
        String export = client.create(body);

        Map<String, Object> change = new HashMap<>();
        change.put("end_at", null);
        JsonNode changed = client.patch(export + "/", change).is(200).json();

        assertThat(changed.get("effects").toString()).contains("What landed since " + end);
        assertThat(texts(intervals(export, now.minus(3, ChronoUnit.HOURS), now).get("results"), "data_interval_start"))
                .containsExactly(
                        now.minus(3, ChronoUnit.HOURS).toString(),
                        now.minus(2, ChronoUnit.HOURS).toString(),
                        end.toString(),
                        now.minus(1, ChronoUnit.HOURS).toString());
    }

    @Test
    void everyVersionIsARevisionThatTellsWhoChangedWhatAndNoSecret() {
        String secret = "the-second-secret-that-nobody-may-see";
        String export = client.create(hourlyExport());
        client.patch(
                        export + "/",
                        Map.of(
                                "settle_seconds",
                                7,
                                "destination",
                                Map.of("config", Map.of("prefix", "elsewhere", "aws_secret_access_key", secret))))
                .is(200);
        client.post(export + "/pause/", Map.of()).is(200);

        ApiClient.Answer answer = client.get(export + "/revisions/").is(200);

        assertThat(answer.body()).doesNotContain(secret);
        JsonNode revisions = answer.json().get("results");
        assertThat(revisions
                        .valueStream()
                        .map(revision -> revision.get("revision").longValue()))
                .containsExactly(3L, 2L, 1L);
        assertThat(texts(revisions, "author")).containsOnly("bootstrap");
        assertThat(texts(revisions.get(0).get("changes"), "pointer")).containsExactly("/paused");
        JsonNode changes = revisions.get(1).get("changes");
        assertThat(texts(changes, "pointer"))
                .containsExactly(
                        "/destination/config/prefix", "/settle_seconds", "/destination/config/aws_secret_access_key");
        assertThat(changes.get(0).get("to").stringValue()).isEqualTo("elsewhere");
        assertThat(changes.get(1).get("to").intValue()).isEqualTo(7);
        assertThat(changes.get(2).get("to").isNull()).isTrue();
        assertThat(revisions.get(2).get("changes")).isEmpty();
        assertThat(revisions.get(2).at("/configuration/interval").stringValue()).isEqualTo("hour");
        JsonNode page = client.get(export + "/revisions/?limit=1").is(200).json();
        assertThat(texts(page.get("results").get(0).get("changes"), "pointer")).containsExactly("/paused");
        assertThat(page.get("next").stringValue()).contains("cursor=");
        assertThat(server.bean(ExportStore.class)
                        .revisions(UUID.fromString(export), 3L, 1)
                        .getFirst()
                        .version())
                .isEqualTo(2);
    }

    @Test
    void lateRowsAreReportedUnlessTheyAreToBeExported() {
        JsonNode created = client.post("", hourlyExport()).is(201).json();
        assertThat(created.get("late_rows").stringValue()).isEqualTo("report");
        assertThat(created.get("rows_late").longValue()).isZero();
        String export = created.get("id").stringValue();

        assertThat(client.patch(export + "/", Map.of("late_rows", "export"))
                        .is(200)
                        .json()
                        .get("late_rows")
                        .stringValue())
                .isEqualTo("export");
        assertThat(client.patch(export + "/", Map.of("late_rows", "hide"))
                        .is(400)
                        .errors())
                .containsOnlyKeys("/late_rows");
    }
}
