package dev.batchexports.server.workflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.interval.Frequency;
import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.interval.IntervalGrid;
import dev.batchexports.core.interval.Timeline;
import dev.batchexports.core.run.RunKey;
import dev.batchexports.core.run.RunStatus;
import dev.batchexports.core.run.RunTrigger;
import dev.batchexports.server.backfills.Backfill;
import dev.batchexports.server.backfills.BackfillScope;
import dev.batchexports.server.backfills.BackfillStatus;
import dev.batchexports.server.exports.BatchExport;
import dev.batchexports.server.runs.Run;
import io.temporal.client.WorkflowNotFoundException;
import io.temporal.client.WorkflowOptions;
import io.temporal.client.WorkflowStub;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.springframework.jdbc.core.simple.JdbcClient;

/// Whatever becomes of a schedule, no interval stays without a run.
@TestInstance(Lifecycle.PER_CLASS)
class FillerTest {
    private static final Duration SOON = Duration.ofSeconds(90);
    private static final IntervalGrid EVERY_FIVE_SECONDS = IntervalGrid.of(Frequency.parse("every 5 seconds"));
    private static final IntervalGrid HOURS = IntervalGrid.of(new Frequency.Hour());

    private final MemoryDestination memory = new MemoryDestination();
    private final TestServer server = TestServer.start(memory, Long.MAX_VALUE);

    @AfterAll
    void stop() {
        server.close();
    }

    @BeforeEach
    void nothingSpecial() {
        memory.behave(new MemoryDestination.Behaviour() {});
    }

    private BatchExport export(UnaryOperator<BatchExport> change) {
        BatchExport export = server.stored(change.apply(server.memoryExport(server.components.newProject())));
        server.orchestration.applySchedule(export);
        server.exports.scheduleApplied(export.id(), export.version());
        return export;
    }

    private void delete(BatchExport export) {
        server.exports.delete(export.id(), TestServer.now());
        server.orchestration.applySchedule(server.exports.find(export.id()).orElseThrow());
    }

    private List<Interval> completed(BatchExport export) {
        return server.runsOf(export).stream()
                .filter(run -> run.status() == RunStatus.COMPLETED)
                .map(Run::interval)
                .sorted(Comparator.comparing(Interval::start))
                .toList();
    }

    /// Waits until every interval that had ended by a time is completed, once.
    private void awaitAll(BatchExport export, Instant by) {
        Instant first = export.firstIntervalStart();
        Instant last = export.timeline().floor(by);
        List<Interval> expected = export.timeline().within(first, last).toList();
        Awaitility.await("all intervals")
                .atMost(SOON)
                .untilAsserted(() -> assertThat(completed(export))
                        .filteredOn(interval -> !interval.end().isAfter(last))
                        .containsExactlyElementsOf(expected));
    }

    @Test
    void everyIntervalIsRunAlthoughTheScheduleIsDeletedWorkflowsAreTerminatedAndRunsAreRemoved() {
        BatchExport export = export(Exports.with("grid", EVERY_FIVE_SECONDS));
        Awaitility.await("first run")
                .atMost(SOON)
                .until(() -> !completed(export).isEmpty());

        server.temporal.schedules().getHandle(export.id().toString()).delete();
        remove(export, "true");
        Instant lost = export.grid().next(export.grid().next(Instant.now()));
        Awaitility.await("an interval without its fire")
                .atMost(SOON)
                .until(() -> Instant.now().isAfter(lost));
        server.orchestration.applySchedule(export);
        Instant terminated = export.grid().next(Instant.now());
        Awaitility.await("a fire to terminate").atMost(SOON).until(() -> terminate(export, terminated));
        Awaitility.await("a workflow that ended before anybody heard of it")
                .atMost(SOON)
                .until(() -> {
                    remove(export, "status = 'Terminated'");
                    return server.runsOf(export).stream()
                            .anyMatch(
                                    run -> run.scheduledAt().equals(terminated) && run.status() == RunStatus.COMPLETED);
                });

        awaitAll(export, Instant.now());
        assertThat(server.bean(JdbcClient.class)
                        .sql("select type from notifications where batch_export_id = :export")
                        .param("export", export.id())
                        .query((row, number) -> row.getString("type"))
                        .list())
                .contains("batch_export.gap_found");
        assertThat(server.runsOf(export))
                .filteredOn(run -> run.status() == RunStatus.COMPLETED)
                .allMatch(run -> run.trigger() == RunTrigger.SCHEDULE);
        assertThat(server.logOf(export))
                .anyMatch(line -> line.startsWith("WARNING start: The schedule did not start the run of "));
        delete(export);
    }

    /// Ends the workflow of a boundary as soon as it is there, unless it was faster.
    private boolean terminate(BatchExport export, Instant boundary) {
        try {
            server.temporal
                    .client()
                    .newUntypedWorkflowStub(export.workflowId(boundary))
                    .terminate("by an operator");
            return true;
        } catch (WorkflowNotFoundException e) {
            return Instant.now().isAfter(boundary.plusSeconds(5));
        }
    }

    private void remove(BatchExport export, String condition) {
        server.bean(JdbcClient.class)
                .sql("delete from runs where batch_export_id = :export and " + condition)
                .param("export", export.id())
                .update();
    }

    @Test
    void whatIsLongOverdueIsCaughtUpAFewRunsAtATime() {
        AtomicInteger running = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        memory.behave(new MemoryDestination.Behaviour() {
            @Override
            public Set<Integer> committing(RunKey run) throws InterruptedException {
                most.accumulateAndGet(running.incrementAndGet(), Math::max);
                Thread.sleep(200);
                running.decrementAndGet();
                return Set.of();
            }
        });
        Instant end = Instant.now().truncatedTo(ChronoUnit.HOURS);
        BatchExport export = export(Exports.with("startAt", end.minus(30, ChronoUnit.HOURS)));

        awaitAll(export, end);

        assertThat(most.get()).isBetween(2, 11);
        assertThat(server.runsOf(export)).hasSize(30);
        delete(export);
    }

    @Test
    void aRunThatFailedIsLeftToTheUserAndAnIntervalOfAPauseIsSkipped() {
        memory.behave(new MemoryDestination.Behaviour() {
            @Override
            public Set<Integer> committing(RunKey run) {
                throw ExportException.user("Refused", "The destination refuses.", "Let it not.");
            }
        });
        Instant end = Instant.now().truncatedTo(ChronoUnit.HOURS);
        BatchExport export = export(Exports.with("startAt", end.minus(3, ChronoUnit.HOURS)));
        Awaitility.await("failures")
                .atMost(SOON)
                .until(() -> server.runsOf(export).stream()
                                .filter(run -> run.status() == RunStatus.FAILED)
                                .count()
                        == 3);
        server.changed(export, Exports.with("paused", true));
        server.bean(JdbcClient.class)
                .sql("update export_pauses set paused_at = now() - interval '10 hours' where batch_export_id = :id")
                .param("id", export.id())
                .update();
        BatchExport earlier = server.changed(
                export,
                Exports.with("paused", false).andThen(Exports.with("startAt", end.minus(12, ChronoUnit.HOURS)))::apply);

        Awaitility.await("the intervals before the pause")
                .atMost(SOON)
                .until(() -> server.runsOf(export).size() >= 5);
        awaitFilled(export);

        assertThat(server.runsOf(earlier))
                .extracting(Run::scheduledAt)
                .containsExactly(
                        end,
                        end.minus(1, ChronoUnit.HOURS),
                        end.minus(2, ChronoUnit.HOURS),
                        end.minus(10, ChronoUnit.HOURS),
                        end.minus(11, ChronoUnit.HOURS));
        delete(export);
    }

    @Test
    void aStartThatIsMovedFarBackIsFilledFromThere() {
        Instant end = Instant.now().truncatedTo(ChronoUnit.HOURS);
        BatchExport export = pausedDuring(
                end.minus(40, ChronoUnit.HOURS), end, Exports.with("startAt", end.minus(2, ChronoUnit.HOURS)));
        awaitFilled(export);

        Instant start = end.minus(45, ChronoUnit.HOURS);
        BatchExport earlier = server.changed(export, Exports.with("startAt", start));

        awaitFirst(earlier, start);
        delete(export);
    }

    /// An export that is not paused any more: nobody expects what ended meanwhile.
    private BatchExport pausedDuring(Instant from, Instant to, UnaryOperator<BatchExport> change) {
        BatchExport paused = export(Exports.with("paused", true).andThen(change)::apply);
        server.bean(JdbcClient.class)
                .sql("update export_pauses set paused_at = :from::timestamptz, unpaused_at = :to::timestamptz"
                        + " where batch_export_id = :id")
                .param("id", paused.id())
                .param("from", from.toString())
                .param("to", to.toString())
                .update();
        return server.changed(paused, Exports.with("paused", false));
    }

    private void awaitFirst(BatchExport export, Instant start) {
        Awaitility.await("the first interval")
                .atMost(SOON)
                .until(() -> completed(export).contains(new Interval(start, start.plus(1, ChronoUnit.HOURS))));
    }

    @Test
    void aLongGapIsToldOnce() {
        Instant now = TestServer.now();
        Instant created = now.minus(1, ChronoUnit.HOURS);
        // What is looked at from the beginning moves on with the second round.
        BatchExport export = pausedDuring(
                created,
                created.plus(5, ChronoUnit.MINUTES),
                Exports.with("grid", EVERY_FIVE_SECONDS).andThen(Exports.with("createdAt", created))::apply);

        Awaitility.await("runs of a second round")
                .atMost(SOON)
                .until(() -> completed(export).stream()
                                .filter(interval -> interval.end().isBefore(now.minus(10, ChronoUnit.MINUTES)))
                                .count()
                        > 8);

        assertThat(server.bean(JdbcClient.class)
                        .sql("select body from notifications where batch_export_id = :export"
                                + " and type = 'batch_export.gap_found'")
                        .param("export", export.id())
                        .query(String.class)
                        .list())
                .singleElement()
                .asString()
                .contains("did not start at least ");
        delete(export);
    }

    @Test
    void whatACancelledBackfillLeavesOutIsFilled() {
        Instant end = Instant.now().truncatedTo(ChronoUnit.HOURS);
        Instant start = end.minus(45, ChronoUnit.HOURS);
        BatchExport export = pausedDuring(end.minus(40, ChronoUnit.HOURS), end, Exports.with("startAt", end));
        Backfill backfill = pausedBackfill(export, start, end, null);
        BatchExport earlier = server.changed(export, Exports.with("startAt", start));
        awaitFilled(earlier);
        assertThat(server.runsOf(earlier))
                .filteredOn(run -> !run.scheduledAt().isAfter(end))
                .isEmpty();
        Backfill again = pausedBackfill(export, start, end, backfill.id());

        server.orchestration.cancelBackfill(backfill);

        awaitFirst(earlier, start);
        assertThat(server.backfills.find(backfill.id()).orElseThrow().status()).isEqualTo(BackfillStatus.CANCELLED);
        assertThat(server.backfills.find(again.id()).orElseThrow().status()).isEqualTo(BackfillStatus.PAUSED);
        server.orchestration.cancelBackfill(again);
        delete(export);
    }

    private Backfill pausedBackfill(BatchExport export, Instant start, Instant end, @Nullable UUID rerunOf) {
        Backfill backfill = Backfill.starting(
                UUID.randomUUID(), export.id(), start, end, BackfillScope.ALL, 1, null, rerunOf, TestServer.now());
        server.backfills.insert(backfill);
        server.backfills.move(backfill.id(), BackfillStatus.PAUSED, TestServer.now());
        return backfill;
    }

    private void awaitFilled(BatchExport export) {
        Awaitility.await("filled")
                .atMost(SOON)
                .until(() -> server.exports.unfilled(Instant.now(), 1000).stream()
                        .noneMatch(unfilled -> unfilled.export().id().equals(export.id())));
    }

    @Test
    void anIntervalWhoseWorkflowWaitsForAWorkerIsNoGap() {
        BatchExport export = server.stored(
                Exports.with("grid", EVERY_FIVE_SECONDS).apply(server.memoryExport(server.components.newProject())));
        server.exports.scheduleApplied(export.id(), export.version());
        Instant waits = export.grid().next(Instant.now());
        WorkflowStub workflow = server.temporal
                .client()
                .newUntypedWorkflowStub(
                        MemoryDestination.WORKFLOW_TYPE,
                        WorkflowOptions.newBuilder()
                                .setWorkflowId(export.workflowId(waits))
                                .setTaskQueue("nobody")
                                .build());
        workflow.start(new RunInput(export.id(), null, null, waits));

        Awaitility.await("the interval after it")
                .atMost(SOON)
                .until(() -> completed(export).stream()
                        .anyMatch(interval -> interval.start().equals(waits)));
        assertThat(server.runsOf(export)).extracting(Run::scheduledAt).doesNotContain(waits);

        workflow.terminate("nobody will take it");
        awaitAll(export, waits);
        delete(export);
    }

    @Test
    void afterAChangeOfTheGridTheNewGridBeginsWhereTheOldOneEnded() {
        Instant end = Instant.now().truncatedTo(ChronoUnit.HOURS);
        IntervalGrid days = IntervalGrid.of(new Frequency.Day());
        Instant midnight = end.truncatedTo(ChronoUnit.DAYS);
        Instant start = midnight.minus(2, ChronoUnit.DAYS);
        BatchExport export = export(Exports.with("grid", days).andThen(Exports.with("startAt", start))::apply);
        awaitAll(export, end);

        Timeline changed = export.timeline().changedTo(HOURS, start, midnight);
        BatchExport hourly = server.changed(
                export, Exports.with("grid", HOURS).andThen(Exports.with("pastGrids", changed.past()))::apply);

        awaitAll(hourly, end);
        assertThat(completed(hourly)).startsWith(new Interval(start, start.plus(1, ChronoUnit.DAYS)));
        assertThat(completed(hourly))
                .hasSize(2 + (int) Duration.between(midnight, end).toHours());
        delete(export);
    }
}
