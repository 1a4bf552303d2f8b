package dev.batchexports.server.workflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.core.destination.TransferProgress;
import dev.batchexports.core.destination.WriteMode;
import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.interval.Frequency;
import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.interval.IntervalGrid;
import dev.batchexports.core.model.Model;
import dev.batchexports.core.model.Relation;
import dev.batchexports.core.run.RunKey;
import dev.batchexports.core.run.RunStatus;
import dev.batchexports.core.run.RunTrigger;
import dev.batchexports.core.source.Slice;
import dev.batchexports.server.backfills.Backfill;
import dev.batchexports.server.backfills.BackfillScope;
import dev.batchexports.server.backfills.BackfillStatus;
import dev.batchexports.server.exports.BatchExport;
import dev.batchexports.server.runs.NewRun;
import dev.batchexports.server.runs.Run;
import dev.batchexports.server.runs.RunFilter;
import io.temporal.api.common.v1.WorkflowExecution;
import io.temporal.api.enums.v1.EventType;
import io.temporal.api.enums.v1.WorkflowExecutionStatus;
import io.temporal.api.workflowservice.v1.DescribeWorkflowExecutionRequest;
import io.temporal.api.workflowservice.v1.GetWorkflowExecutionHistoryRequest;
import io.temporal.client.WorkflowExecutionMetadata;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/// Backfills and their runs.
@TestInstance(Lifecycle.PER_CLASS)
class BackfillTest {
    private static final Duration SOON = Duration.ofSeconds(90);

    private final MemoryDestination memory = new MemoryDestination();
    private final TestServer server = TestServer.start(memory, Long.MAX_VALUE);
    private final Instant end = Instant.now().truncatedTo(ChronoUnit.HOURS);

    @AfterAll
    void stop() {
        server.close();
    }

    @BeforeEach
    void nothingSpecial() {
        memory.behave(new MemoryDestination.Behaviour() {});
    }

    private BatchExport hourlyExport() {
        return server.stored(server.memoryExport(server.components.newProject()));
    }

    private Instant hoursBeforeEnd(long hours) {
        return end.minus(hours, ChronoUnit.HOURS);
    }

    @Test
    void exportsEveryIntervalOfItsRange() {
        BatchExport export = hourlyExport();
        server.components.insert(export.projectId(), hoursBeforeEnd(3), end, 30);

        Backfill backfill =
                server.awaitEnd(server.startBackfill(export, hoursBeforeEnd(3), end, BackfillScope.ALL, 2), SOON);

        assertThat(backfill.status()).isEqualTo(BackfillStatus.COMPLETED);
        assertThat(backfill.totalRuns()).isEqualTo(3);
        assertThat(backfill.finishedRuns()).isEqualTo(3);
        assertThat(backfill.failedRuns()).isZero();
        assertThat(backfill.totalRecordsCount()).isEqualTo(30);
        assertThat(server.runsOf(export))
                .hasSize(3)
                .allSatisfy(run -> {
                    assertThat(run.trigger()).isEqualTo(RunTrigger.BACKFILL);
                    assertThat(run.backfillId()).isEqualTo(backfill.id());
                    assertThat(run.workflowId()).isEqualTo(export.workflowId(run.scheduledAt()));
                    assertThat(memory.committed(run).orElseThrow()).hasSize(10);
                })
                .extracting(Run::scheduledAt)
                .containsExactly(end, hoursBeforeEnd(1), hoursBeforeEnd(2));
    }

    @Test
    void exportsOnlyGapsIfThatIsAllThatIsWanted() {
        BatchExport export = hourlyExport();
        server.awaitEnd(server.startRun(export, hoursBeforeEnd(1)).id(), SOON);

        Backfill backfill =
                server.awaitEnd(server.startBackfill(export, hoursBeforeEnd(3), end, BackfillScope.GAPS, 2), SOON);

        assertThat(backfill.status()).isEqualTo(BackfillStatus.COMPLETED);
        assertThat(backfill.totalRuns()).isEqualTo(2);
        assertThat(server.runsOf(export))
                .filteredOn(run -> backfill.id().equals(run.backfillId()))
                .extracting(Run::scheduledAt)
                .containsExactly(end, hoursBeforeEnd(2));
    }

    @Test
    void beginsWithTheEarliestDataIfItHasNoStart() {
        BatchExport export = hourlyExport();
        server.components.insert(export.projectId(), hoursBeforeEnd(5).plusSeconds(60), hoursBeforeEnd(4), 10);

        Backfill backfill = server.awaitEnd(server.startBackfill(export, null, end, BackfillScope.ALL, 5), SOON);

        assertThat(backfill.startAt()).isEqualTo(hoursBeforeEnd(5));
        assertThat(backfill.totalRuns()).isEqualTo(5);
        assertThat(backfill.status()).isEqualTo(BackfillStatus.COMPLETED);
    }

    @Test
    void hasNothingToDoWithoutData() {
        BatchExport export = hourlyExport();

        Backfill backfill = server.awaitEnd(server.startBackfill(export, null, end, BackfillScope.ALL, 5), SOON);

        assertThat(backfill.status()).isEqualTo(BackfillStatus.COMPLETED);
        assertThat(backfill.totalRuns()).isZero();
    }

    @Test
    void failsWhenTheEarliestDataMakesItTooLarge() {
        BatchExport export = server.stored(Exports.with("grid", IntervalGrid.of(Frequency.parse("every 5 minutes")))
                .apply(server.memoryExport(server.components.newProject())));
        server.components.insert(export.projectId(), Instant.EPOCH, Instant.EPOCH.plusSeconds(60), 1);

        Backfill backfill = server.awaitEnd(server.startBackfill(export, null, end, BackfillScope.ALL, 5), SOON);

        assertThat(backfill.status()).isEqualTo(BackfillStatus.FAILED);
        assertThat(backfill.totalRuns()).isNull();
        assertThat(server.logOf(export)).anyMatch(line -> line.contains("There are rows since 1970-01-01T00:00:00Z"));
    }

    @Test
    void executesNoMoreRunsAtOnceThanWanted() {
        BatchExport export = hourlyExport();
        server.components.insert(export.projectId(), hoursBeforeEnd(8), end, 8);
        AtomicInteger running = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        memory.behave(new MemoryDestination.Behaviour() {
            @Override
            public Set<Integer> committing(RunKey run) throws InterruptedException {
                if (run.exportId().equals(export.id())) {
                    most.accumulateAndGet(running.incrementAndGet(), Math::max);
                    new CountDownLatch(1).await(200, TimeUnit.MILLISECONDS);
                    running.decrementAndGet();
                }
                return Set.of();
            }
        });

        Backfill backfill =
                server.awaitEnd(server.startBackfill(export, hoursBeforeEnd(8), end, BackfillScope.ALL, 2), SOON);

        assertThat(backfill.status()).isEqualTo(BackfillStatus.COMPLETED);
        assertThat(most.get()).isEqualTo(2);
    }

    @Test
    void aRunThatFailsDoesNotStopTheOthers() {
        BatchExport export = hourlyExport();
        server.components.insert(export.projectId(), hoursBeforeEnd(4), end, 4);
        memory.behave(new MemoryDestination.Behaviour() {
            @Override
            public Set<Integer> committing(RunKey run) {
                if (run.interval().end().equals(hoursBeforeEnd(2))) {
                    throw ExportException.user("NoSuchShelf", "The shelf does not exist.", "Create the shelf.");
                }
                return Set.of();
            }
        });

        Backfill backfill =
                server.awaitEnd(server.startBackfill(export, hoursBeforeEnd(4), end, BackfillScope.ALL, 1), SOON);

        assertThat(backfill.status()).isEqualTo(BackfillStatus.FAILED);
        assertThat(backfill.finishedRuns()).isEqualTo(4);
        assertThat(backfill.failedRuns()).isEqualTo(1);
    }

    @Test
    void waitsForARunOfTheSameIntervalAndThenExportsItAgain() {
        BatchExport export = hourlyExport();
        CountDownLatch committing = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        memory.behave(new MemoryDestination.Behaviour() {
            @Override
            public Set<Integer> committing(RunKey run) throws InterruptedException {
                committing.countDown();
                goOn.await();
                return Set.of();
            }
        });
        Run other = server.startRun(export, end);
        Awaitility.await("commit").atMost(SOON).until(() -> committing.getCount() == 0);

        Backfill backfill = server.startBackfill(export, hoursBeforeEnd(1), end, BackfillScope.ALL, 1);
        Awaitility.await("backfill to run into it")
                .atMost(SOON)
                .until(() -> events(backfill, EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_FAILED) > 0);
        assertThat(server.runsOf(export)).hasSize(1);
        goOn.countDown();

        assertThat(server.awaitEnd(backfill, SOON).status()).isEqualTo(BackfillStatus.COMPLETED);
        assertThat(server.runs.find(other.id()).orElseThrow().status()).isEqualTo(RunStatus.COMPLETED);
        assertThat(server.runsOf(export)).hasSize(2);
    }

    @Test
    void startsNoRunsWhileItIsPaused() {
        BatchExport export = hourlyExport();
        server.components.insert(export.projectId(), hoursBeforeEnd(3), end, 3);
        CountDownLatch committing = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        memory.behave(new MemoryDestination.Behaviour() {
            @Override
            public Set<Integer> committing(RunKey run) throws InterruptedException {
                committing.countDown();
                goOn.await();
                return Set.of();
            }
        });
        Backfill backfill = server.startBackfill(export, hoursBeforeEnd(3), end, BackfillScope.ALL, 1);
        Awaitility.await("first run").atMost(SOON).until(() -> committing.getCount() == 0);

        server.orchestration.pauseBackfill(backfill);
        awaitStatus(backfill, BackfillStatus.PAUSED);
        goOn.countDown();
        Awaitility.await("first run to end")
                .atMost(SOON)
                .until(() -> server.backfills.find(backfill.id()).orElseThrow().finishedRuns() == 1);
        assertThat(server.runsOf(export)).hasSize(1);

        server.orchestration.resumeBackfill(backfill);
        Backfill ended = server.awaitEnd(backfill, SOON);
        assertThat(ended.status()).isEqualTo(BackfillStatus.COMPLETED);
        assertThat(ended.finishedRuns()).isEqualTo(3);
    }

    private void awaitStatus(Backfill backfill, BackfillStatus status) {
        Awaitility.await("backfill to be " + status)
                .atMost(SOON)
                .until(() -> server.backfills.find(backfill.id()).orElseThrow().status() == status);
    }

    @Test
    void aCancelledBackfillCancelsItsRuns() {
        BatchExport export = hourlyExport();
        server.components.insert(export.projectId(), hoursBeforeEnd(4), end, 40);
        CountDownLatch writing = new CountDownLatch(2);
        CountDownLatch never = new CountDownLatch(1);
        memory.behave(new MemoryDestination.Behaviour() {
            @Override
            public void writing(Slice slice, TransferProgress progress) throws InterruptedException {
                writing.countDown();
                never.await();
            }
        });
        Backfill backfill = server.startBackfill(export, hoursBeforeEnd(4), end, BackfillScope.ALL, 2);
        Awaitility.await("two runs").atMost(SOON).until(() -> writing.getCount() == 0);

        server.orchestration.cancelBackfill(backfill);

        assertThat(server.awaitEnd(backfill, SOON).status()).isEqualTo(BackfillStatus.CANCELLED);
        assertThat(server.runsOf(export)).hasSize(2).allMatch(run -> run.status() == RunStatus.CANCELLED);
    }

    @Test
    void anyNumberOfRunsKeepsTheHistorySmall() {
        BatchExport export = server.stored(Exports.with("grid", IntervalGrid.of(Frequency.parse("every 5 seconds")))
                .apply(server.memoryExport(server.components.newProject())));
        int runs = BackfillWorkflowImplementation.RUNS_PER_EXECUTION + 10;
        server.components.insert(export.projectId(), end.minusSeconds(5L * runs), end, runs);

        Backfill backfill = server.awaitEnd(
                server.startBackfill(export, end.minusSeconds(5L * runs), end, BackfillScope.ALL, 20),
                Duration.ofMinutes(10));

        assertThat(backfill.status()).isEqualTo(BackfillStatus.COMPLETED);
        assertThat(backfill.finishedRuns()).isEqualTo(runs);
        assertThat(histories(backfill)).hasSizeGreaterThan(1).allMatch(events -> events > 10 && events < 5000);
    }

    /// How many events each execution of a backfill's workflow has, once all of them are listed.
    private List<Long> histories(Backfill backfill) {
        Awaitility.await("the last execution to be listed as ended")
                .atMost(SOON)
                .until(() -> executions(backfill).stream()
                        .anyMatch(execution ->
                                execution.getStatus() == WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_COMPLETED));
        return executions(backfill).stream()
                .map(execution -> server.temporal
                        .call(stub -> stub.describeWorkflowExecution(DescribeWorkflowExecutionRequest.newBuilder()
                                .setNamespace("default")
                                .setExecution(execution.getExecution())
                                .build()))
                        .getWorkflowExecutionInfo()
                        .getHistoryLength())
                .toList();
    }

    private List<WorkflowExecutionMetadata> executions(Backfill backfill) {
        try (Stream<WorkflowExecutionMetadata> executions =
                server.temporal.client().listExecutions("WorkflowId = '" + backfill.workflowId() + "'")) {
            return executions.toList();
        }
    }

    @Test
    void intervalsWithoutRowsTakeNoRunOfTheirOwn() {
        BatchExport export = hourlyExport();
        server.components.insert(export.projectId(), hoursBeforeEnd(20), hoursBeforeEnd(19), 5);
        AtomicInteger commits = new AtomicInteger();
        memory.behave(new MemoryDestination.Behaviour() {
            @Override
            public Set<Integer> committing(RunKey run) {
                commits.incrementAndGet();
                return Set.of();
            }
        });

        Backfill backfill =
                server.awaitEnd(server.startBackfill(export, hoursBeforeEnd(24), end, BackfillScope.ALL, 2), SOON);

        assertThat(backfill.status()).isEqualTo(BackfillStatus.COMPLETED);
        assertThat(backfill.finishedRuns()).isEqualTo(24);
        assertThat(backfill.totalRecordsCount()).isEqualTo(5);
        assertThat(commits.get()).isEqualTo(1);
        assertThat(server.runsOf(export))
                .hasSize(24)
                .allMatch(run -> run.status() == RunStatus.COMPLETED)
                .allMatch(run -> memory.committed(run).isPresent());
        assertThat(isCovered(export, 24)).isTrue();
        assertThat(server.logOf(export)).anyMatch(line -> line.contains("hold no rows"));
    }

    @Test
    void intervalsWithoutRowsAreAnnouncedAgainAfterAFailureThatPasses() {
        BatchExport export = hourlyExport();
        AtomicInteger announced = new AtomicInteger();
        memory.behave(new MemoryDestination.Behaviour() {
            @Override
            public void announcing(RunKey run) {
                if (announced.incrementAndGet() == 3) {
                    throw ExportException.passing("StoreAway", "The store is away.", null);
                }
            }
        });

        Backfill backfill =
                server.awaitEnd(server.startBackfill(export, hoursBeforeEnd(5), end, BackfillScope.ALL, 2), SOON);

        assertThat(backfill.status()).isEqualTo(BackfillStatus.COMPLETED);
        assertThat(backfill.finishedRuns()).isEqualTo(5);
        assertThat(announced.get()).isEqualTo(8);
        assertThat(server.runsOf(export))
                .hasSize(5)
                .allMatch(run -> run.status() == RunStatus.COMPLETED)
                .allMatch(run -> memory.committed(run).isPresent());
    }

    @Test
    void intervalsWithoutRowsAreMissingWhenTheDestinationRefusesThem() {
        BatchExport export = hourlyExport();
        memory.behave(new MemoryDestination.Behaviour() {
            @Override
            public void announcing(RunKey run) {
                throw ExportException.user("AccessDenied", "The key may not write.", "Let it write.");
            }
        });

        Backfill backfill =
                server.awaitEnd(server.startBackfill(export, hoursBeforeEnd(5), end, BackfillScope.ALL, 2), SOON);

        assertThat(backfill.status()).isEqualTo(BackfillStatus.FAILED);
        assertThat(server.runsOf(export)).isEmpty();
        assertThat(server.logOf(export)).anyMatch(line -> line.contains("The key may not write. Let it write."));
    }

    private boolean isCovered(BatchExport export, int hours) {
        return server.runs
                .coverage(export.id(), hoursBeforeEnd(hours), end)
                .covers(new Interval(hoursBeforeEnd(hours), end));
    }

    @Test
    void anIntervalThatWasExportedIsExportedAgainThoughItIsEmptyNow() {
        BatchExport export = hourlyExport();
        server.components.insert(export.projectId(), hoursBeforeEnd(2), hoursBeforeEnd(1), 5);
        Run first = server.awaitEnd(server.startRun(export, hoursBeforeEnd(1)).id(), SOON);
        assertThat(memory.committed(first).orElseThrow()).hasSize(5);
        server.components.execute(
                "ALTER TABLE events DELETE WHERE team_id = " + export.projectId() + " SETTINGS mutations_sync = 2");

        Backfill backfill =
                server.awaitEnd(server.startBackfill(export, hoursBeforeEnd(3), end, BackfillScope.ALL, 2), SOON);

        assertThat(backfill.status()).isEqualTo(BackfillStatus.COMPLETED);
        assertThat(backfill.finishedRuns()).isEqualTo(3);
        assertThat(memory.committed(first).orElseThrow()).isEmpty();
    }

    @Test
    void whatLandsAfterTheIntervalsWereCountedIsExportedToo() {
        BatchExport export = hourlyExport();
        Backfill backfill = server.insertBackfill(export, hoursBeforeEnd(5), end, BackfillScope.ALL, 2);
        server.backfills.move(backfill.id(), BackfillStatus.PAUSED, TestServer.now());
        server.orchestration.startBackfill(export, backfill);
        Awaitility.await("count of intervals")
                .atMost(SOON)
                .until(() -> server.backfills.find(backfill.id()).orElseThrow().totalRuns() != null);
        server.components.insert(export.projectId(), hoursBeforeEnd(4), hoursBeforeEnd(3), 7);
        assertThat(server.runsOf(export)).isEmpty();

        server.orchestration.resumeBackfill(backfill);

        Backfill ended = server.awaitEnd(backfill, SOON);
        assertThat(ended.status()).isEqualTo(BackfillStatus.COMPLETED);
        assertThat(ended.totalRecordsCount()).isEqualTo(7);
    }

    @Test
    void aQueryOfTheUsersOwnIsAskedForEachInterval() {
        Model model = new Model(
                "latest",
                new Relation.Query(
                        "SELECT {interval_start} AS inserted_at, count() AS n FROM events WHERE team_id = -1"),
                "inserted_at",
                List.of(),
                List.of(),
                null);
        BatchExport export =
                server.stored(Exports.with("model", model).apply(server.memoryExport(server.components.newProject())));

        Backfill backfill =
                server.awaitEnd(server.startBackfill(export, hoursBeforeEnd(4), end, BackfillScope.ALL, 2), SOON);

        assertThat(backfill.status()).isEqualTo(BackfillStatus.COMPLETED);
        assertThat(backfill.totalRecordsCount()).isEqualTo(4);
    }

    @Test
    void tenYearsOfHoursWithFewRowsTakeAMomentAndSmallHistories() {
        int withRows = Integer.getInteger("bx.test.intervals", 24);
        int years = 87_600;
        BatchExport export = hourlyExport();
        server.components.execute(
                """
                INSERT INTO events SETTINGS max_partitions_per_insert_block = 1000 SELECT generateUUIDv4(), 'pageview', 'user', generateUUIDv4(), '{}', '{}', '', t, t,
                    %d, t
                FROM (SELECT toDateTime64(%d + 3600 * intDiv(number * %d, %d), 6, 'UTC') AS t FROM numbers(%d))
                """.formatted(export.projectId(), hoursBeforeEnd(years).getEpochSecond(), years, withRows, withRows));
        Instant begun = Instant.now();

        Backfill backfill = server.awaitEnd(
                server.startBackfill(export, hoursBeforeEnd(years), end, BackfillScope.ALL, 8), Duration.ofMinutes(8));

        System.out.printf(
                "%d intervals, %d with rows: %s; histories %s%n",
                years, withRows, Duration.between(begun, Instant.now()), histories(backfill));
        assertThat(backfill.status()).isEqualTo(BackfillStatus.COMPLETED);
        assertThat(backfill.totalRuns()).isEqualTo(years);
        assertThat(backfill.finishedRuns()).isEqualTo(years);
        assertThat(backfill.failedRuns()).isZero();
        assertThat(backfill.totalRecordsCount()).isEqualTo(withRows);
        assertThat(isCovered(export, years)).isTrue();
        assertThat(histories(backfill)).isNotEmpty().allMatch(events -> events > 10 && events < 5000);
    }

    @Test
    void tenYearsOfHoursCanBeCancelledOnTheWay() {
        BatchExport export = hourlyExport();
        server.components.insert(export.projectId(), hoursBeforeEnd(70_000), hoursBeforeEnd(69_999), 3);
        CountDownLatch writing = new CountDownLatch(1);
        CountDownLatch never = new CountDownLatch(1);
        memory.behave(new MemoryDestination.Behaviour() {
            @Override
            public void writing(Slice slice, TransferProgress progress) throws InterruptedException {
                writing.countDown();
                never.await();
            }
        });
        Backfill backfill = server.startBackfill(export, hoursBeforeEnd(87_600), end, BackfillScope.ALL, 1);
        Awaitility.await("the interval with rows").atMost(SOON).until(() -> writing.getCount() == 0);
        Backfill underWay = server.backfills.find(backfill.id()).orElseThrow();
        assertThat(underWay.status()).isEqualTo(BackfillStatus.RUNNING);
        assertThat(underWay.finishedRuns()).isGreaterThan(15_000);
        assertThat(underWay.left(Instant.now())).isPresent();

        server.orchestration.cancelBackfill(backfill);

        Backfill ended = server.awaitEnd(backfill, SOON);
        assertThat(ended.status()).isEqualTo(BackfillStatus.CANCELLED);
        assertThat(server.awaitEnd(
                                server.runs
                                        .list(
                                                export.id(),
                                                new RunFilter(List.of(RunStatus.CANCELLED), null, null, backfill.id()),
                                                null,
                                                2)
                                        .getFirst()
                                        .id(),
                                SOON)
                        .status())
                .isEqualTo(RunStatus.CANCELLED);
        assertThat(ended.left(Instant.now())).isEmpty();
    }

    @Test
    void failedRunsAndOnlyTheyAreRunAgain() {
        BatchExport export = hourlyExport();
        server.components.insert(export.projectId(), hoursBeforeEnd(4), end, 8);
        memory.behave(new MemoryDestination.Behaviour() {
            @Override
            public Set<Integer> committing(RunKey run) {
                if (run.interval().end().isBefore(hoursBeforeEnd(1))) {
                    throw ExportException.user("NoSuchShelf", "The shelf does not exist.", "Create the shelf.");
                }
                return Set.of();
            }
        });
        Backfill first =
                server.awaitEnd(server.startBackfill(export, hoursBeforeEnd(4), end, BackfillScope.ALL, 2), SOON);
        assertThat(first.failedRuns()).isEqualTo(2);
        nothingSpecial();
        // One of them is mended by hand.
        server.awaitEnd(server.startRun(export, hoursBeforeEnd(3)).id(), SOON);

        Backfill again = Backfill.starting(
                UUID.randomUUID(),
                export.id(),
                first.startAt(),
                first.endAt(),
                BackfillScope.ALL,
                2,
                null,
                first.id(),
                TestServer.now());
        server.backfills.insert(again);
        server.orchestration.startBackfill(export, again);

        Backfill ended = server.awaitEnd(again, SOON);
        assertThat(ended.status()).isEqualTo(BackfillStatus.COMPLETED);
        assertThat(ended.totalRuns()).isEqualTo(1);
        assertThat(server.runsOf(export))
                .filteredOn(run -> again.id().equals(run.backfillId()))
                .extracting(Run::scheduledAt)
                .containsExactly(hoursBeforeEnd(2));
    }

    @Test
    void aRunThatIsRetriedCountsOnce() {
        BatchExport export = hourlyExport();
        server.components.insert(export.projectId(), hoursBeforeEnd(1), end, 4);
        memory.behave(new MemoryDestination.Behaviour() {
            @Override
            public Set<Integer> committing(RunKey run) {
                throw ExportException.user("NoSuchShelf", "The shelf does not exist.", "Create the shelf.");
            }
        });
        Backfill failed =
                server.awaitEnd(server.startBackfill(export, hoursBeforeEnd(1), end, BackfillScope.ALL, 1), SOON);
        assertThat(failed.failedRuns()).isEqualTo(1);
        nothingSpecial();

        Run retry = server.runs.create(
                new NewRun(
                        UUID.randomUUID(),
                        export.id(),
                        failed.id(),
                        server.runsOf(export).getFirst().id(),
                        RunTrigger.RETRY,
                        export.intervalScheduledAt(end).orElseThrow(),
                        end,
                        export.version(),
                        export.workflowId(end),
                        null),
                TestServer.now());
        server.orchestration.startRun(export, retry);
        server.awaitRun(retry.id(), RunStatus.COMPLETED, SOON);

        Backfill mended = server.backfills.find(failed.id()).orElseThrow();
        assertThat(mended.failedRuns()).isZero();
        assertThat(mended.finishedRuns()).isEqualTo(1);
        assertThat(mended.totalRecordsCount()).isEqualTo(4);
    }

    @Test
    void whatWasCompletedSinceTheBackfillWasAskedForIsNotAppendedAgain() {
        BatchExport export = hourlyExport();
        server.components.insert(export.projectId(), hoursBeforeEnd(1), end, 4);
        CountDownLatch writing = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        memory.behave(new MemoryDestination.Behaviour() {
            @Override
            public void writing(Slice slice, TransferProgress progress) throws InterruptedException {
                writing.countDown();
                goOn.await();
            }
        });
        Run other = server.startRun(export, end);
        Awaitility.await("transfer").atMost(SOON).until(() -> writing.getCount() == 0);

        Backfill overtaken = server.startBackfill(export, hoursBeforeEnd(1), end, BackfillScope.ALL, 1);
        goOn.countDown();
        server.awaitRun(other.id(), RunStatus.COMPLETED, SOON);
        assertThat(modeOfTheRunOf(overtaken)).isEqualTo(new WriteMode.AppendOnce());

        Backfill again = server.startBackfill(export, hoursBeforeEnd(1), end, BackfillScope.ALL, 1);
        assertThat(modeOfTheRunOf(again)).isEqualTo(new WriteMode.Append());
    }

    @Test
    void anIntervalThatWasExportedBeyondTheEndDateIsLeftAsItIs() {
        BatchExport export = hourlyExport();
        server.components.insert(export.projectId(), hoursBeforeEnd(1), end, 4);
        server.awaitRun(server.startRun(export, end).id(), RunStatus.COMPLETED, SOON);
        BatchExport ended = server.changed(export, Exports.with("endAt", end.minus(30, ChronoUnit.MINUTES)));

        Backfill backfill =
                server.awaitEnd(server.startBackfill(ended, hoursBeforeEnd(1), end, BackfillScope.ALL, 1), SOON);

        assertThat(backfill.status()).isEqualTo(BackfillStatus.COMPLETED);
        assertThat(server.runsOf(ended)).hasSize(1);
    }

    private WriteMode modeOfTheRunOf(Backfill backfill) {
        Backfill ended = server.awaitEnd(backfill, SOON);
        assertThat(ended.status()).isEqualTo(BackfillStatus.COMPLETED);
        BatchExport export = server.exports.find(backfill.exportId()).orElseThrow();
        Run run = server.runsOf(export).stream()
                .filter(found -> backfill.id().equals(found.backfillId()))
                .findFirst()
                .orElseThrow();
        return memory.mode(run).orElseThrow();
    }

    /// Commits of the backfill hold all 4 slots of the worker and the rest of the backfill waits for one. Whenever
    /// a slot becomes free, the run that is due takes it, although it came last.
    @Test
    void aBackfillDoesNotStarveWhatIsDueNow() {
        int intervals = 24;
        int mostReleases = 8;
        BatchExport past = hourlyExport();
        server.components.insert(past.projectId(), hoursBeforeEnd(intervals), end, intervals);
        BatchExport due = hourlyExport();
        server.components.insert(due.projectId(), hoursBeforeEnd(1), end, 3);
        Semaphore permits = new Semaphore(0);
        AtomicInteger holding = new AtomicInteger();
        memory.behave(new MemoryDestination.Behaviour() {
            @Override
            public Set<Integer> committing(RunKey run) throws InterruptedException {
                if (run.exportId().equals(past.id())) {
                    holding.incrementAndGet();
                    permits.acquire();
                    holding.decrementAndGet();
                }
                return Set.of();
            }
        });
        Backfill backfill = server.startBackfill(past, hoursBeforeEnd(intervals), end, BackfillScope.ALL, intervals);
        Awaitility.await("all slots to be taken").atMost(SOON).until(() -> holding.get() == 4);
        // A retry has the priority of a scheduled run.
        Run run = server.startRun(due, end);
        Awaitility.await("the run to wait for a slot").atMost(SOON).until(() -> server.waitsForSlot(run));

        int releases = 0;
        while (!server.runs.find(run.id()).orElseThrow().status().isFinished()) {
            assertThat(++releases).isLessThanOrEqualTo(mostReleases);
            permits.release();
            Awaitility.await("the slot to be used")
                    .atMost(SOON)
                    .until(() ->
                            server.runs.find(run.id()).orElseThrow().status().isFinished()
                                    || (permits.availablePermits() == 0
                                            && holding.get() == 4
                                            && server.waitsForSlot(run)));
        }

        assertThat(server.runs.find(run.id()).orElseThrow().status()).isEqualTo(RunStatus.COMPLETED);
        assertThat(server.backfills.find(backfill.id()).orElseThrow().finishedRuns())
                .isLessThanOrEqualTo(mostReleases);
        permits.release(intervals);
        assertThat(server.awaitEnd(backfill, SOON).status()).isEqualTo(BackfillStatus.COMPLETED);
    }

    @Test
    void aBackfillThatWasPausedOrCancelledBeforeItsWorkflowBeganStaysSo() {
        BatchExport export = hourlyExport();
        server.components.insert(export.projectId(), hoursBeforeEnd(2), end, 4);
        Backfill cancelled = server.insertBackfill(export, hoursBeforeEnd(2), end, BackfillScope.ALL, 1);
        server.orchestration.cancelBackfill(cancelled);
        assertThat(server.backfills.find(cancelled.id()).orElseThrow().status()).isEqualTo(BackfillStatus.CANCELLED);
        server.orchestration.startBackfill(export, cancelled);
        Awaitility.await("its workflow")
                .atMost(SOON)
                .until(() -> server.temporal
                                .client()
                                .newUntypedWorkflowStub(cancelled.workflowId())
                                .describe()
                                .getStatus()
                        == WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_COMPLETED);
        assertThat(server.runsOf(export)).isEmpty();

        Backfill paused = server.insertBackfill(export, hoursBeforeEnd(2), end, BackfillScope.ALL, 1);
        server.backfills.move(paused.id(), BackfillStatus.PAUSED, TestServer.now());
        server.orchestration.startBackfill(export, paused);
        Awaitility.await("begin")
                .atMost(SOON)
                .until(() -> server.backfills.find(paused.id()).orElseThrow().begunAt() != null);
        assertThat(server.backfills.find(paused.id()).orElseThrow().status()).isEqualTo(BackfillStatus.PAUSED);
        assertThat(server.runsOf(export)).isEmpty();
        server.orchestration.resumeBackfill(paused);
        assertThat(server.awaitEnd(paused, SOON).status()).isEqualTo(BackfillStatus.COMPLETED);
    }

    private long events(Backfill backfill, EventType type) {
        return server
                .temporal
                .call(stub -> stub.getWorkflowExecutionHistory(GetWorkflowExecutionHistoryRequest.newBuilder()
                        .setNamespace("default")
                        .setExecution(WorkflowExecution.newBuilder().setWorkflowId(backfill.workflowId()))
                        .build()))
                .getHistory()
                .getEventsList()
                .stream()
                .filter(event -> event.getEventType() == type)
                .count();
    }
}
