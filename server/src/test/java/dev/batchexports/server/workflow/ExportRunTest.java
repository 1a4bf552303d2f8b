package dev.batchexports.server.workflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.core.destination.TransferProgress;
import dev.batchexports.core.destination.WriteMode;
import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.model.Model;
import dev.batchexports.core.model.Relation;
import dev.batchexports.core.run.RunKey;
import dev.batchexports.core.run.RunStatus;
import dev.batchexports.core.source.PropertyFilter;
import dev.batchexports.core.source.Slice;
import dev.batchexports.server.exports.BatchExport;
import dev.batchexports.server.exports.DestinationSettings;
import dev.batchexports.server.runs.Run;
import dev.batchexports.server.runs.RunError;
import io.temporal.api.enums.v1.WorkflowExecutionStatus;
import io.temporal.api.history.v1.HistoryEvent;
import io.temporal.failure.ApplicationFailure;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/// What a run does, seen from its row, its log and its destination.
@TestInstance(Lifecycle.PER_CLASS)
class ExportRunTest {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final int ROWS = 1000;

    /// Makes [#ROWS] rows three slices.
    private static final long SLICE_BYTES = 50_000;

    private final MemoryDestination memory = new MemoryDestination();
    private final TestServer server = TestServer.start(memory, SLICE_BYTES);
    private final Instant end = Instant.now().truncatedTo(ChronoUnit.HOURS);
    private final Instant start = end.minus(1, ChronoUnit.HOURS);

    @AfterAll
    void stop() {
        server.close();
    }

    /// Less than a slice.
    private static final int FEW_ROWS = 100;

    private BatchExport exportOfRows(MemoryDestination.Behaviour behaviour) {
        return exportOf(ROWS, behaviour);
    }

    private BatchExport exportOf(int rows, MemoryDestination.Behaviour behaviour) {
        memory.behave(behaviour);
        long project = server.components.newProject();
        server.components.insert(project, start, end, rows);
        return server.stored(server.memoryExport(project));
    }

    /// The activities that Temporal was asked to execute for a run, in order.
    private List<String> activitiesOf(Run run) {
        return server.temporal.client().fetchHistory(run.workflowId()).getEvents().stream()
                .filter(HistoryEvent::hasActivityTaskScheduledEventAttributes)
                .map(event -> event.getActivityTaskScheduledEventAttributes()
                        .getActivityType()
                        .getName())
                .toList();
    }

    /// A run that is cancelled while its first slice is being written, once it has ended.
    private Run cancelledWhileItTransfers(int rows) {
        CountDownLatch writing = new CountDownLatch(1);
        CountDownLatch never = new CountDownLatch(1);
        BatchExport export = exportOf(rows, new MemoryDestination.Behaviour() {
            @Override
            public void writing(Slice slice, TransferProgress progress) throws InterruptedException {
                writing.countDown();
                never.await();
            }
        });
        Run started = server.startRun(export, end);
        Awaitility.await("transfer").atMost(SOON).until(() -> writing.getCount() == 0);
        server.orchestration.cancelRun(server.runs.find(started.id()).orElseThrow());
        return server.awaitEnd(started.id(), SOON);
    }

    /// A run that is cancelled while its commit is under way, once it has ended.
    private Run cancelledWhileItCommits(int rows) {
        CountDownLatch committing = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        BatchExport export = exportOf(rows, new MemoryDestination.Behaviour() {
            @Override
            public Set<Integer> committing(RunKey key) throws InterruptedException {
                committing.countDown();
                goOn.await();
                return Set.of();
            }
        });
        Run started = server.startRun(export, end);
        Awaitility.await("commit").atMost(SOON).until(() -> committing.getCount() == 0);
        server.orchestration.cancelRun(server.runs.find(started.id()).orElseThrow());
        // Two heartbeats have told the worker by then.
        Awaitility.await()
                .pollDelay(Heartbeats.INTERVAL.multipliedBy(3))
                .atMost(SOON)
                .until(() -> true);
        goOn.countDown();
        return server.awaitEnd(started.id(), SOON);
    }

    private static MemoryDestination.Behaviour nothingSpecial() {
        return new MemoryDestination.Behaviour() {};
    }

    private WorkflowExecutionStatus workflowStatus(Run run) {
        return server.temporal
                .client()
                .newUntypedWorkflowStub(run.workflowId())
                .describe()
                .getStatus();
    }

    private WorkflowExecutionStatus awaitWorkflowEnd(Run run) {
        Awaitility.await("workflow to end")
                .atMost(SOON)
                .until(() -> workflowStatus(run) != WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING);
        return workflowStatus(run);
    }

    @Test
    void exportsEveryRowOfItsIntervalInSlices() {
        BatchExport export = exportOfRows(nothingSpecial());
        server.components.insert(export.projectId(), end, end.plus(1, ChronoUnit.HOURS), 10);
        server.components.insert(export.projectId(), start.minus(1, ChronoUnit.HOURS), start, 10);

        Run run = server.awaitEnd(server.startRun(export, end).id(), SOON);

        assertThat(run.status()).isEqualTo(RunStatus.COMPLETED);
        assertThat(memory.committed(run).orElseThrow()).hasSize(ROWS).doesNotHaveDuplicates();
        assertThat(run.recordsCompleted()).isEqualTo(ROWS);
        assertThat(run.recordsTotalCount()).isEqualTo(ROWS);
        assertThat(run.recordsAtDestination()).isEqualTo(ROWS);
        assertThat(run.bytesExported()).isPositive();
        assertThat(run.filesCount()).isEqualTo(1);
        assertThat(run.latestError()).isNull();
        assertThat(server.runs.slices(run.id())).hasSizeGreaterThan(1);
        assertThat(awaitWorkflowEnd(run)).isEqualTo(WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_COMPLETED);
        assertThat(server.logOf(export))
                .startsWith("INFO start: Exporting " + start + " to " + end + ".")
                .anyMatch(line -> line.startsWith("INFO plan: Counted 1,000 rows"))
                .anyMatch(line -> line.startsWith("INFO transfer: Slice 1 of 3 written: "))
                .contains(
                        "INFO commit: Committed 1,000 rows in 1 file.",
                        "INFO verify: Verified: 1,000 rows counted, written and found at the destination.")
                .last()
                .asString()
                .startsWith("INFO finish: Completed in ");
    }

    @Test
    void aSmallRunIsOneActivityAndShowsEveryStage() {
        BatchExport export = exportOf(FEW_ROWS, nothingSpecial());

        Run run = server.awaitEnd(server.startRun(export, end).id(), SOON);

        assertThat(run.status()).isEqualTo(RunStatus.COMPLETED);
        assertThat(awaitWorkflowEnd(run)).isEqualTo(WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_COMPLETED);
        assertThat(activitiesOf(run)).containsExactly("export");
        assertThat(memory.committed(run).orElseThrow()).hasSize(FEW_ROWS).doesNotHaveDuplicates();
        assertThat(run.recordsCompleted()).isEqualTo(FEW_ROWS);
        assertThat(run.recordsTotalCount()).isEqualTo(FEW_ROWS);
        assertThat(run.recordsAtDestination()).isEqualTo(FEW_ROWS);
        assertThat(run.filesCount()).isEqualTo(1);
        assertThat(server.runs.files(run.id())).hasSize(1);
        assertThat(server.logOf(export))
                .extracting(line -> line.substring(0, line.indexOf(':')))
                .containsExactly(
                        "INFO start", "INFO plan", "INFO transfer", "INFO commit", "INFO verify", "INFO finish");
    }

    @Test
    void aSmallRunThatFailsGoesOnStageByStageAndCountsItsAttempts() {
        AtomicInteger commits = new AtomicInteger();
        BatchExport export = exportOf(FEW_ROWS, new MemoryDestination.Behaviour() {
            @Override
            public Set<Integer> committing(RunKey key) {
                if (commits.incrementAndGet() <= 2) {
                    throw ExportException.passing("ShelfBusy", "The shelf is busy.", null);
                }
                return Set.of();
            }
        });
        int before = memory.writes();

        Run run = server.awaitEnd(server.startRun(export, end).id(), SOON);

        assertThat(run.status()).isEqualTo(RunStatus.COMPLETED);
        assertThat(awaitWorkflowEnd(run)).isEqualTo(WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_COMPLETED);
        assertThat(activitiesOf(run)).containsExactly("export", "plan", "transfer", "commit", "verify", "finish");
        assertThat(memory.committed(run).orElseThrow()).hasSize(FEW_ROWS).doesNotHaveDuplicates();
        assertThat(memory.writes() - before).isEqualTo(1);
        assertThat(server.logOf(export))
                .contains(
                        "WARNING commit: Attempt 1 failed: The shelf is busy. Next attempt in 1 s.",
                        "WARNING commit: Attempt 2 failed: The shelf is busy. Next attempt in 2 s.");
    }

    /// As when the worker dies in between: Temporal hears nothing of what was done, and of its end.
    @Test
    void aSmallRunWhoseEndTemporalIsNotToldOfIsNotExecutedAgain() {
        AtomicInteger replies = new AtomicInteger();
        BatchExport export = exportOf(FEW_ROWS, new MemoryDestination.Behaviour() {
            @Override
            public void exported(UUID runId) {
                assertThat(server.runs.find(runId).orElseThrow().status()).isEqualTo(RunStatus.COMPLETED);
                replies.incrementAndGet();
                throw ApplicationFailure.newFailure("the reply is lost", "Lost");
            }
        });
        int before = memory.writes();

        Run run = server.awaitEnd(server.startRun(export, end).id(), SOON);

        assertThat(awaitWorkflowEnd(run)).isEqualTo(WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_COMPLETED);
        assertThat(activitiesOf(run)).containsExactly("export", "plan");
        assertThat(replies).hasValue(1);
        assertThat(server.runs.find(run.id()).orElseThrow().finishedAt()).isEqualTo(run.finishedAt());
        assertThat(run.status()).isEqualTo(RunStatus.COMPLETED);
        assertThat(memory.writes() - before).isEqualTo(1);
        assertThat(memory.committed(run).orElseThrow()).hasSize(FEW_ROWS).doesNotHaveDuplicates();
        assertThat(memory.wasAborted(run.id())).isFalse();
    }

    @Test
    void aSmallRunThatIsCancelledStopsAndLeavesNothingBehind() {
        Run run = cancelledWhileItTransfers(FEW_ROWS);

        assertThat(run.status()).isEqualTo(RunStatus.CANCELLED);
        assertThat(memory.wasAborted(run.id())).isTrue();
        assertThat(memory.committed(run)).isEmpty();
    }

    @Test
    void aSmallRunThatCommitsIsNotStoppedByACancellation() {
        Run run = cancelledWhileItCommits(FEW_ROWS);

        assertThat(run.status()).isEqualTo(RunStatus.COMPLETED);
        assertThat(memory.committed(run).orElseThrow()).hasSize(FEW_ROWS);
        assertThat(memory.wasAborted(run.id())).isFalse();
        // It is logged after the run has ended.
        Awaitility.await("log")
                .atMost(SOON)
                .untilAsserted(() -> assertThat(
                                server.logOf(server.exports.find(run.exportId()).orElseThrow()))
                        .contains("WARNING finish: The run was cancelled after everything had been committed."));
    }

    @Test
    void aSmallRunTransfersAgainWhatTheDestinationHasLost() {
        AtomicInteger commits = new AtomicInteger();
        BatchExport export = exportOf(FEW_ROWS, new MemoryDestination.Behaviour() {
            @Override
            public Set<Integer> committing(RunKey key) {
                return commits.incrementAndGet() == 1 ? Set.of(0) : Set.of();
            }
        });
        int before = memory.writes();

        Run run = server.awaitEnd(server.startRun(export, end).id(), SOON);

        assertThat(run.status()).isEqualTo(RunStatus.COMPLETED);
        assertThat(memory.committed(run).orElseThrow()).hasSize(FEW_ROWS).doesNotHaveDuplicates();
        assertThat(memory.writes() - before).isEqualTo(2);
    }

    @Test
    void nothingIsRemovedWhereTheCommitOfASmallRunHasBegun() {
        BatchExport export = exportOf(FEW_ROWS, new MemoryDestination.Behaviour() {
            @Override
            public Set<Integer> committing(RunKey key) {
                throw ExportException.user("NoSuchShelf", "The shelf does not exist.", "Create the shelf.");
            }
        });

        Run run = server.awaitEnd(server.startRun(export, end).id(), SOON);

        assertThat(run.status()).isEqualTo(RunStatus.FAILED);
        assertThat(run.latestError()).extracting(RunError::code).isEqualTo("NoSuchShelf");
        assertThat(memory.wasAborted(run.id())).isFalse();
    }

    @Test
    void onlyWhatWasCompletedIsAppendedASecondTime() {
        BatchExport export = exportOf(FEW_ROWS, new MemoryDestination.Behaviour() {
            @Override
            public void committed(RunKey key) {
                throw ExportException.user("ShelfGone", "The answer of the shelf was lost.", "Look after it.");
            }
        });
        Run lost = server.awaitEnd(server.startRun(export, end).id(), SOON);
        assertThat(lost.status()).isEqualTo(RunStatus.FAILED);
        assertThat(lost.commitStarted()).isTrue();
        WorkflowExecutionStatus _ = awaitWorkflowEnd(lost);

        memory.behave(nothingSpecial());
        Run retried = server.awaitEnd(server.startRun(export, end).id(), SOON);
        assertThat(retried.status()).isEqualTo(RunStatus.COMPLETED);
        assertThat(memory.mode(retried)).hasValue(new WriteMode.AppendOnce());
        WorkflowExecutionStatus _ = awaitWorkflowEnd(retried);

        Run again = server.awaitEnd(server.startRun(export, end).id(), SOON);
        assertThat(memory.mode(again)).hasValue(new WriteMode.Append());
    }

    @Test
    void aSmallRunGivesUpWhenItsTimeIsUp() {
        BatchExport wanted = exportOf(FEW_ROWS, new MemoryDestination.Behaviour() {
            @Override
            public void writing(Slice slice, TransferProgress progress) {
                throw ExportException.passing("ShelfBusy", "The shelf is busy.", null);
            }
        });
        BatchExport export = server.changed(wanted, Exports.with("giveUpAfter", Duration.ofSeconds(4)));

        Run run = server.awaitEnd(server.startRun(export, end).id(), SOON);

        assertThat(run.status()).isEqualTo(RunStatus.FAILED);
        assertThat(run.latestError()).extracting(RunError::code).isEqualTo("GaveUp");
        assertThat(run.attempt()).isGreaterThan(1);
        assertThat(memory.wasAborted(run.id())).isTrue();
    }

    @Test
    void aSmallRunIsCommittedOnlyIfItsExportIsWhatItWasWhenItWasPlanned() {
        DestinationSettings elsewhere =
                new DestinationSettings(MemoryDestination.TYPE, Map.of("place", "another shelf"), "");
        Map<String, @Nullable Object> changes = Map.of("name", "another name", "destination", elsewhere);
        changes.forEach((component, value) -> {
            AtomicReference<BatchExport> known = new AtomicReference<>();
            BatchExport export = exportOf(FEW_ROWS, new MemoryDestination.Behaviour() {
                @Override
                public void writing(Slice slice, TransferProgress progress) {
                    server.changed(known.get(), Exports.with(component, value));
                }
            });
            known.set(export);

            Run run = server.awaitEnd(server.startRun(export, end).id(), SOON);

            if (component.equals("name")) {
                assertThat(run.status()).isEqualTo(RunStatus.COMPLETED);
                assertThat(memory.committed(run).orElseThrow()).hasSize(FEW_ROWS);
            } else {
                assertThat(run.latestError()).extracting(RunError::code).isEqualTo("ExportChanged");
                assertThat(memory.committed(run)).isEmpty();
            }
        });
    }

    @Test
    void commitsAnIntervalWithoutRows() {
        memory.behave(nothingSpecial());
        BatchExport export = server.stored(server.memoryExport(server.components.newProject()));

        Run run = server.awaitEnd(server.startRun(export, end).id(), SOON);

        assertThat(run.status()).isEqualTo(RunStatus.COMPLETED);
        assertThat(run.recordsTotalCount()).isZero();
        assertThat(memory.committed(run)).hasValue(List.of());
    }

    @Test
    void exportsToS3() {
        long project = server.components.newProject();
        server.components.insert(project, start, end, ROWS);
        BatchExport export = server.stored(server.s3Export(project, "workflow-test"));

        Run run = server.awaitEnd(server.startRun(export, end).id(), SOON);

        assertThat(run.status()).isEqualTo(RunStatus.COMPLETED);
        assertThat(run.recordsCompleted()).isEqualTo(ROWS);
        assertThat(server.runs.files(run.id())).allMatch(file -> file.key().startsWith("workflow-test/"));
    }

    @Test
    void failsAtOnceOnAnErrorThatOnlyAPersonCanMend() {
        BatchExport export = exportOfRows(new MemoryDestination.Behaviour() {
            @Override
            public void writing(Slice slice, TransferProgress progress) {
                throw ExportException.user("NoSuchShelf", "The shelf does not exist.", "Create the shelf.");
            }
        });

        Run run = server.awaitEnd(server.startRun(export, end).id(), SOON);

        assertThat(run.status()).isEqualTo(RunStatus.FAILED);
        assertThat(run.attempt()).isEqualTo(1);
        assertThat(run.latestError())
                .isEqualTo(new RunError("NoSuchShelf", "The shelf does not exist.", "Create the shelf.", false));
        assertThat(run.nextRetryAt()).isNull();
        assertThat(memory.wasAborted(run.id())).isTrue();
        assertThat(awaitWorkflowEnd(run)).isEqualTo(WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_FAILED);
        assertThat(server.logOf(export)).endsWith("ERROR finish: Failed: The shelf does not exist. Create the shelf.");
    }

    @Test
    void showsAttemptErrorAndNextRetryWhileItRetries() {
        AtomicBoolean mended = new AtomicBoolean();
        BatchExport export = exportOfRows(new MemoryDestination.Behaviour() {
            @Override
            public Set<Integer> committing(RunKey key) {
                if (!mended.get()) {
                    throw ExportException.passing("ShelfBusy", "The shelf is busy.", null);
                }
                return Set.of();
            }
        });

        Run started = server.startRun(export, end);
        Awaitility.await("third attempt to wait").atMost(SOON).untilAsserted(() -> {
            Run run = server.runs.find(started.id()).orElseThrow();
            assertThat(run.status()).isEqualTo(RunStatus.RUNNING);
            assertThat(run.attempt()).isEqualTo(3);
            assertThat(run.latestError()).isEqualTo(new RunError("ShelfBusy", "The shelf is busy.", "", true));
            assertThat(run.nextRetryAt()).isNotNull();
        });
        Run waiting = server.runs.find(started.id()).orElseThrow();
        mended.set(true);
        Run run = server.awaitEnd(started.id(), SOON);

        assertThat(waiting.nextRetryAt())
                .isBetween(
                        waiting.lastUpdatedAt().plusSeconds(3),
                        waiting.lastUpdatedAt().plusSeconds(5));
        assertThat(run.status()).isEqualTo(RunStatus.COMPLETED);
        assertThat(run.latestError()).isNull();
        assertThat(server.logOf(export))
                .contains(
                        "WARNING commit: Attempt 1 failed: The shelf is busy. Next attempt in 1 s.",
                        "WARNING commit: Attempt 2 failed: The shelf is busy. Next attempt in 2 s.",
                        "WARNING commit: Attempt 3 failed: The shelf is busy. Next attempt in 4 s.");
    }

    @Test
    void givesUpWhenItHasRetriedForAsLongAsTheExportWants() {
        BatchExport wanted = exportOfRows(new MemoryDestination.Behaviour() {
            @Override
            public void writing(Slice slice, TransferProgress progress) {
                throw ExportException.passing("ShelfBusy", "The shelf is busy.", null);
            }
        });
        BatchExport export = server.changed(wanted, Exports.with("giveUpAfter", Duration.ofSeconds(6)));

        Run run = server.awaitEnd(server.startRun(export, end).id(), SOON);

        assertThat(run.status()).isEqualTo(RunStatus.FAILED);
        assertThat(run.attempt()).isGreaterThan(1);
        RunError error = run.latestError();
        assertThat(error).isNotNull();
        assertThat(error.code()).isEqualTo("GaveUp");
        assertThat(error.message()).startsWith("Gave up after ").endsWith("(ShelfBusy): The shelf is busy.");
        assertThat(error.retryable()).isFalse();
    }

    @Test
    void whatNobodyHasClassifiedIsRetriedAndNotShown() {
        AtomicInteger failures = new AtomicInteger();
        BatchExport export = exportOfRows(new MemoryDestination.Behaviour() {
            @Override
            public Set<Integer> committing(RunKey key) {
                if (failures.incrementAndGet() == 1) {
                    throw new IllegalStateException("a row: secret-row-content");
                }
                return Set.of();
            }
        });

        Run run = server.awaitEnd(server.startRun(export, end).id(), SOON);

        assertThat(run.status()).isEqualTo(RunStatus.COMPLETED);
        assertThat(server.logOf(export))
                .anyMatch(line -> line.contains("An unexpected error occurred: IllegalStateException."))
                .noneMatch(line -> line.contains("secret-row-content"));
    }

    @Test
    void aCancelledTransferStopsAndLeavesNothingBehind() {
        Run run = cancelledWhileItTransfers(ROWS);

        assertThat(run.status()).isEqualTo(RunStatus.CANCELLED);
        assertThat(run.latestError()).isNull();
        assertThat(memory.wasAborted(run.id())).isTrue();
        assertThat(memory.unfinished()).doesNotContain(run.id());
        assertThat(memory.committed(run)).isEmpty();
        assertThat(awaitWorkflowEnd(run)).isEqualTo(WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_CANCELED);
    }

    @Test
    void aRunCanBeCancelledWhileItWaitsForLateRows() {
        BatchExport wanted = exportOfRows(nothingSpecial());
        BatchExport export = server.changed(wanted, Exports.with("settle", Duration.ofHours(5)));

        Run started = server.startRun(export, end);
        Awaitility.await("start").atMost(SOON).until(() -> !server.logOf(export).isEmpty());
        server.orchestration.cancelRun(server.runs.find(started.id()).orElseThrow());
        Run run = server.awaitEnd(started.id(), SOON);

        assertThat(run.status()).isEqualTo(RunStatus.CANCELLED);
        assertThat(server.logOf(export).getFirst()).contains("for rows that land late");
        assertThat(server.runs.slices(run.id())).isEmpty();
    }

    @Test
    void cancellingARunThatRetriesDoesNotWaitForTheNextAttempt() {
        BatchExport export = exportOfRows(new MemoryDestination.Behaviour() {
            @Override
            public Set<Integer> committing(RunKey key) {
                throw ExportException.passing("ShelfBusy", "The shelf is busy.", null);
            }
        });

        Run started = server.startRun(export, end);
        Awaitility.await("fourth attempt")
                .atMost(SOON)
                .until(() -> server.runs.find(started.id()).orElseThrow().attempt() >= 4);
        server.orchestration.cancelRun(server.runs.find(started.id()).orElseThrow());

        assertThat(server.awaitEnd(started.id(), SOON).status()).isEqualTo(RunStatus.CANCELLED);
    }

    @Test
    void anAttemptToCommitIsNotStoppedByACancellation() {
        Run run = cancelledWhileItCommits(ROWS);

        assertThat(run.status()).isEqualTo(RunStatus.COMPLETED);
        assertThat(run.attempt()).isEqualTo(1);
        assertThat(memory.committed(run).orElseThrow()).hasSize(ROWS);
        assertThat(memory.wasAborted(run.id())).isFalse();
        assertThat(server.logOf(server.exports.find(run.exportId()).orElseThrow()))
                .contains("WARNING finish: The run was cancelled after everything had been committed.");
    }

    @Test
    void transfersAgainWhatTheDestinationHasLost() {
        AtomicInteger commits = new AtomicInteger();
        BatchExport export = exportOfRows(new MemoryDestination.Behaviour() {
            @Override
            public Set<Integer> committing(RunKey key) {
                return commits.incrementAndGet() == 1 ? Set.of(1) : Set.of();
            }
        });
        int before = memory.writes();

        Run run = server.awaitEnd(server.startRun(export, end).id(), SOON);

        assertThat(run.status()).isEqualTo(RunStatus.COMPLETED);
        assertThat(memory.committed(run).orElseThrow()).hasSize(ROWS).doesNotHaveDuplicates();
        assertThat(memory.writes() - before)
                .isEqualTo(server.runs.slices(run.id()).size() + 1);
        assertThat(server.logOf(export))
                .contains("WARNING commit: The destination no longer has 1 slice; transferring again.");
    }

    @Test
    void failsWhenTheDestinationLosesSlicesAgainAndAgain() {
        BatchExport export = exportOfRows(new MemoryDestination.Behaviour() {
            @Override
            public Set<Integer> committing(RunKey key) {
                return Set.of(0, 2);
            }
        });

        Run run = server.awaitEnd(server.startRun(export, end).id(), SOON);

        assertThat(run.status()).isEqualTo(RunStatus.FAILED);
        assertThat(run.latestError()).extracting(RunError::code).isEqualTo("SlicesLost");
        assertThat(memory.wasAborted(run.id())).isTrue();
    }

    @Test
    void oneSliceThatFailsForGoodStopsTheOthersBeforeAnythingIsRemoved() {
        CountDownLatch never = new CountDownLatch(1);
        AtomicInteger writing = new AtomicInteger();
        AtomicInteger stopped = new AtomicInteger();
        BatchExport export = exportOfRows(new MemoryDestination.Behaviour() {
            @Override
            public void writing(Slice slice, TransferProgress progress) throws InterruptedException {
                writing.incrementAndGet();
                if (slice.number() == 0) {
                    Awaitility.await().atMost(SOON).until(() -> writing.get() == 3);
                    throw ExportException.user("NoSuchShelf", "The shelf does not exist.", "Create the shelf.");
                }
                try {
                    never.await();
                } finally {
                    stopped.incrementAndGet();
                }
            }
        });

        Run run = server.awaitEnd(server.startRun(export, end).id(), SOON);

        assertThat(run.status()).isEqualTo(RunStatus.FAILED);
        assertThat(run.latestError()).extracting(RunError::code).isEqualTo("NoSuchShelf");
        assertThat(stopped.get()).isEqualTo(2);
    }

    @Test
    void takesRowsThatBecomeVisibleBetweenPlanAndTransfer() {
        long project = server.components.newProject();
        server.components.insert(project, start, end, ROWS);
        memory.behave(new MemoryDestination.Behaviour() {
            private boolean begun;

            @Override
            public synchronized void beginning(RunKey key) {
                // The plan has been made by now.
                if (!begun) {
                    begun = true;
                    server.components.insert(project, start.plusSeconds(10), start.plusSeconds(20), 5);
                }
            }
        });
        BatchExport export = server.stored(server.memoryExport(project));

        Run run = server.awaitEnd(server.startRun(export, end).id(), SOON);

        assertThat(run.status()).isEqualTo(RunStatus.COMPLETED);
        assertThat(memory.committed(run).orElseThrow()).hasSize(ROWS + 5);
        assertThat(server.logOf(export)).anyMatch(line -> line.contains("changed after it was planned"));
    }

    @Test
    void showsRowsThatBecameVisibleAfterTheyWereRead() {
        long project = server.components.newProject();
        server.components.insert(project, start, end, ROWS);
        memory.behave(new MemoryDestination.Behaviour() {
            @Override
            public Set<Integer> committing(RunKey key) {
                server.components.insert(project, start, end, 7);
                return Set.of();
            }
        });
        BatchExport export = server.stored(server.memoryExport(project));

        Run run = server.awaitEnd(server.startRun(export, end).id(), SOON);

        assertThat(run.status()).isEqualTo(RunStatus.COMPLETED);
        assertThat(run.recordsCompleted()).isEqualTo(ROWS);
        assertThat(run.recordsTotalCount()).isEqualTo(ROWS + 7);
        assertThat(server.logOf(export))
                .contains("WARNING verify: 7 rows became visible in ClickHouse after they were read; set rerun_mode to"
                        + " replace, or all rows will be there twice, and retry the run to export them.");
    }

    @Test
    void failsWhenTheDestinationReportsOtherRowsThanWereWritten() {
        BatchExport export = exportOfRows(new MemoryDestination.Behaviour() {
            @Override
            public OptionalLong rowsFound(long committed) {
                return OptionalLong.of(committed - 1);
            }
        });

        Run run = server.awaitEnd(server.startRun(export, end).id(), SOON);

        assertThat(run.status()).isEqualTo(RunStatus.FAILED);
        assertThat(run.latestError()).extracting(RunError::code).isEqualTo("DestinationRowCountMismatch");
        assertThat(memory.wasAborted(run.id())).isFalse();
    }

    @Test
    void stopsWhenTheExportIsPointedElsewhereInTheMiddleOfARun() {
        long project = server.components.newProject();
        server.components.insert(project, start, end, ROWS);
        BatchExport export = server.stored(server.memoryExport(project));
        DestinationSettings elsewhere =
                new DestinationSettings(MemoryDestination.TYPE, Map.of("place", "another shelf"), "");
        memory.behave(new MemoryDestination.Behaviour() {
            @Override
            public void writing(Slice slice, TransferProgress progress) {
                if (slice.number() == 0) {
                    server.changed(export, Exports.with("destination", elsewhere));
                }
            }
        });

        Run run = server.awaitEnd(server.startRun(export, end).id(), SOON);

        assertThat(run.status()).isEqualTo(RunStatus.FAILED);
        assertThat(run.latestError()).extracting(RunError::code).isEqualTo("ExportChanged");
        assertThat(memory.committed(run)).isEmpty();
    }

    @Test
    void filtersHoldInThePlanTheSlicesAndTheVerification() {
        memory.behave(nothingSpecial());
        long project = server.components.newProject();
        server.components.insert(project, start, end, ROWS);
        PropertyFilter filter = new PropertyFilter(
                PropertyFilter.Target.EVENT,
                "n",
                PropertyFilter.Operator.GTE,
                List.of(new PropertyFilter.Value.Numeric("400")));
        BatchExport export =
                server.stored(Exports.with("filters", List.of(filter)).apply(server.memoryExport(project)));

        Run run = server.awaitEnd(server.startRun(export, end).id(), SOON);

        assertThat(export.filters()).containsExactly(filter);
        assertThat(run.status()).isEqualTo(RunStatus.COMPLETED);
        assertThat(memory.committed(run).orElseThrow()).hasSize(600).doesNotHaveDuplicates();
        assertThat(run.recordsTotalCount()).isEqualTo(600);
        assertThat(server.runs.slices(run.id())).hasSizeGreaterThan(1);
        assertThat(server.logOf(export))
                .contains("INFO verify: Verified: 600 rows counted, written and found at the destination.");
    }

    @Test
    void failsWhenAColumnChangesBetweenTwoSlices() {
        String table = "changing_" + server.components.newProject();
        server.components.execute("CREATE TABLE " + table + " (uuid UUID, a UInt32, text String,"
                + " inserted_at DateTime64(6, 'UTC')) ENGINE = MergeTree ORDER BY inserted_at");
        server.components.execute("INSERT INTO " + table + " SELECT generateUUIDv4(), number, randomString(500),"
                + " fromUnixTimestamp64Micro(toInt64(" + start.getEpochSecond() * 1_000_000
                + " + number * 1000000), 'UTC') FROM numbers(1000)");
        Model model = new Model("changing", new Relation.Table(table), "inserted_at", List.of(), List.of(), null);
        BatchExport export =
                server.stored(Exports.with("model", model).apply(server.memoryExport(server.components.newProject())));
        AtomicBoolean changed = new AtomicBoolean();
        memory.behave(new MemoryDestination.Behaviour() {
            @Override
            public synchronized void writing(Slice slice, TransferProgress progress) {
                // No slice is written before; those that are not under way yet are opened afterwards.
                if (!changed.getAndSet(true)) {
                    server.components.execute("ALTER TABLE " + table + " MODIFY COLUMN a String");
                }
            }
        });

        Run run = server.awaitEnd(server.startRun(export, end).id(), SOON);

        assertThat(run.status()).isEqualTo(RunStatus.FAILED);
        assertThat(run.latestError()).extracting(RunError::code).isEqualTo("ColumnsChanged");
        assertThat(memory.committed(run)).isEmpty();
    }
}
