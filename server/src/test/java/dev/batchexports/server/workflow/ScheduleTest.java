package dev.batchexports.server.workflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.batchexports.core.interval.Frequency;
import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.interval.IntervalGrid;
import dev.batchexports.core.run.RunStatus;
import dev.batchexports.core.run.RunTrigger;
import dev.batchexports.server.exports.BatchExport;
import dev.batchexports.server.runs.Run;
import dev.batchexports.server.security.Keyring;
import io.temporal.api.enums.v1.ScheduleOverlapPolicy;
import io.temporal.api.enums.v1.WorkflowExecutionStatus;
import io.temporal.client.schedules.ScheduleBackfill;
import io.temporal.client.schedules.ScheduleDescription;
import io.temporal.client.schedules.ScheduleException;
import io.temporal.client.schedules.ScheduleIntervalSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/// Schedules on the real server, and the runs that they start.
@TestInstance(Lifecycle.PER_CLASS)
class ScheduleTest {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final IntervalGrid EVERY_FIVE_MINUTES = IntervalGrid.of(Frequency.parse("every 5 minutes"));

    private final TestServer server = TestServer.start(new MemoryDestination(), Long.MAX_VALUE);

    @AfterAll
    void stop() {
        server.close();
    }

    private BatchExport export(UnaryOperator<BatchExport> change) {
        return server.stored(change.apply(server.memoryExport(server.components.newProject())));
    }

    private BatchExport scheduled(BatchExport export) {
        server.orchestration.applySchedule(export);
        server.exports.scheduleApplied(export.id(), export.version());
        return server.exports.find(export.id()).orElseThrow();
    }

    private void delete(BatchExport export) {
        server.exports.delete(export.id(), TestServer.now());
        scheduled(server.exports.find(export.id()).orElseThrow());
    }

    private List<Run> awaitCompleted(BatchExport export, int count) {
        Awaitility.await(count + " runs to complete")
                .atMost(SOON)
                .until(() -> server.runsOf(export).stream()
                                .filter(run -> run.status() == RunStatus.COMPLETED)
                                .count()
                        >= count);
        return server.runsOf(export);
    }

    @Test
    void everyBoundaryStartsTheRunOfTheIntervalThatEndsThere() {
        BatchExport export =
                scheduled(export(Exports.with("grid", IntervalGrid.of(Frequency.parse("every 5 seconds")))));

        List<Run> runs = awaitCompleted(export, 3);
        delete(export);

        assertThat(runs).allSatisfy(run -> {
            assertThat(run.trigger()).isEqualTo(RunTrigger.SCHEDULE);
            assertThat(run.interval().duration()).isEqualTo(Duration.ofSeconds(5));
            assertThat(run.interval().end()).isEqualTo(run.scheduledAt());
            assertThat(run.interval().start()).isAfterOrEqualTo(export.firstIntervalStart());
            assertThat(run.workflowId()).isEqualTo(export.workflowId(run.scheduledAt()));
            assertThat(run.startedAt()).isAfterOrEqualTo(run.interval().end());
        });
        assertThat(runs).extracting(run -> run.interval().start()).doesNotHaveDuplicates();
    }

    @Test
    void theIntervalsSinceAStartInThePastAreCaughtUpOnce() {
        Instant now = Instant.now();
        Instant start = EVERY_FIVE_MINUTES.floor(now).minus(15, ChronoUnit.MINUTES);
        BatchExport export = scheduled(
                export(Exports.with("grid", EVERY_FIVE_MINUTES).andThen(Exports.with("startAt", start))::apply));
        scheduled(export);

        List<Run> runs = awaitCompleted(export, 3);

        assertThat(runs.reversed())
                .filteredOn(run -> run.interval().end().isBefore(now))
                .extracting(Run::interval)
                .containsExactlyElementsOf(EVERY_FIVE_MINUTES
                        .within(start, EVERY_FIVE_MINUTES.floor(now))
                        .toList());
        assertThat(runs).allMatch(run -> run.trigger() == RunTrigger.SCHEDULE);
        delete(export);
    }

    @Test
    void aTimeThatIsFiredTwiceIsExportedOnce() {
        Instant start = EVERY_FIVE_MINUTES.floor(Instant.now()).minus(5, ChronoUnit.MINUTES);
        BatchExport export = scheduled(
                export(Exports.with("grid", EVERY_FIVE_MINUTES).andThen(Exports.with("startAt", start))::apply));
        Run run = awaitCompleted(export, 1).getLast();
        // A fire whose workflow id is in use would be dropped.
        Awaitility.await("workflow to close")
                .atMost(SOON)
                .until(() -> server.temporal
                                .client()
                                .newUntypedWorkflowStub(run.workflowId())
                                .describe()
                                .getStatus()
                        != WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING);

        // Temporal drops a fire now and then, so it is asked for until one comes.
        Awaitility.await("second firing")
                .atMost(SOON)
                .pollInterval(Duration.ofSeconds(3))
                .untilAsserted(() -> {
                    fireAgain(export, start);
                    assertThat(server.logOf(export))
                            .anyMatch(line -> line.contains("was started by the schedule before"));
                });

        assertThat(server.runsOf(export))
                .filteredOn(other -> other.scheduledAt().equals(run.scheduledAt()))
                .hasSize(1);
        delete(export);
    }

    private void fireAgain(BatchExport export, Instant start) {
        server.temporal
                .schedules()
                .getHandle(export.id().toString())
                .backfill(List.of(new ScheduleBackfill(
                        start,
                        start.plus(5, ChronoUnit.MINUTES),
                        ScheduleOverlapPolicy.SCHEDULE_OVERLAP_POLICY_ALLOW_ALL)));
    }

    @Test
    void theIntervalThatTheEndOfTheExportCutsIsExportedAtItsBoundary() {
        Instant boundary = EVERY_FIVE_MINUTES.floor(Instant.now());
        Instant start = boundary.minus(10, ChronoUnit.MINUTES);
        Instant end = boundary.minus(3, ChronoUnit.MINUTES);
        BatchExport export = scheduled(export(Exports.with("grid", EVERY_FIVE_MINUTES)
                .andThen(Exports.with("startAt", start))
                .andThen(Exports.with("endAt", end))::apply));

        List<Run> runs = awaitCompleted(export, 2);

        assertThat(runs)
                .extracting(Run::interval)
                .containsExactly(
                        new Interval(start.plus(5, ChronoUnit.MINUTES), end),
                        new Interval(start, start.plus(5, ChronoUnit.MINUTES)));
        assertThat(runs.getFirst().scheduledAt()).isEqualTo(boundary);
        assertThat(server.schedule(export).getInfo().getNextActionTimes()).isEmpty();
        delete(export);
    }

    @Test
    void aPausedExportHasAPausedScheduleThatIsNotCaughtUp() {
        Instant start = EVERY_FIVE_MINUTES.floor(Instant.now()).minus(15, ChronoUnit.MINUTES);
        BatchExport export = scheduled(export(Exports.with("grid", EVERY_FIVE_MINUTES)
                .andThen(Exports.with("startAt", start))
                .andThen(Exports.with("paused", true))::apply));

        assertThat(server.scheduleState(export).isPaused()).isTrue();
        scheduled(server.changed(export, Exports.with("paused", false)));
        assertThat(server.scheduleState(export).isPaused()).isFalse();
        assertThat(server.schedule(export).getInfo().getNumActions()).isZero();
        delete(export);
    }

    @Test
    void whatTheScheduleHadFiredRightBeforeItWasPausedIsLeftOut() {
        Instant boundary = EVERY_FIVE_MINUTES.floor(Instant.now());
        Instant start = boundary.minus(5, ChronoUnit.MINUTES);
        BatchExport export = scheduled(export(Exports.with("grid", EVERY_FIVE_MINUTES)
                .andThen(Exports.with("startAt", start))
                .andThen(Exports.with("paused", true))::apply));

        server.temporal
                .schedules()
                .getHandle(export.id().toString())
                .backfill(List.of(new ScheduleBackfill(
                        start, boundary, ScheduleOverlapPolicy.SCHEDULE_OVERLAP_POLICY_ALLOW_ALL)));

        Awaitility.await("firing")
                .atMost(SOON)
                .until(() -> server.logOf(export).contains("INFO start: Nothing exported: the export is paused."));
        assertThat(server.runsOf(export)).isEmpty();
        delete(export);
    }

    @Test
    void aDeletedExportHasNoSchedule() {
        BatchExport export = scheduled(export(same -> same));

        delete(export);
        delete(export);

        assertThatThrownBy(() -> server.schedule(export)).isInstanceOf(ScheduleException.class);
    }

    @Test
    void aChangedExportHasAChangedSchedule() {
        BatchExport export = scheduled(export(same -> same));
        assertThat(server.scheduleState(export).getNote())
                .isEqualTo("Batch Exports, version 1, project " + export.projectId() + ", key "
                        + Keyring.parse(TestServer.KEY).primaryKeyId());

        BatchExport daily =
                scheduled(server.changed(export, Exports.with("grid", IntervalGrid.of(new Frequency.Day()))));

        ScheduleDescription description = server.schedule(daily);
        assertThat(server.scheduleState(daily).getNote())
                .isEqualTo("Batch Exports, version 2, project " + export.projectId() + ", key "
                        + Keyring.parse(TestServer.KEY).primaryKeyId());
        assertThat(description.getSchedule().getSpec().getIntervals())
                .containsExactly(new ScheduleIntervalSpec(Duration.ofDays(1), Duration.ZERO));
        assertThat(description.getInfo().getNextActionTimes().getFirst())
                .isEqualTo(daily.grid().next(Instant.now()));
        delete(daily);
    }
}
