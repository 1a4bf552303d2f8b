package dev.batchexports.server.workflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.core.interval.Frequency;
import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.interval.IntervalGrid;
import dev.batchexports.core.run.RunStatus;
import dev.batchexports.server.backfills.BackfillScope;
import dev.batchexports.server.exports.BatchExport;
import dev.batchexports.server.exports.LateRows;
import dev.batchexports.server.runs.Run;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/// Rows whose landing time is earlier than the moment at which they became visible.
@TestInstance(Lifecycle.PER_CLASS)
class LateRowsTest {
    private static final Duration SOON = Duration.ofSeconds(90);
    private static final Pattern UUID_OF_ROW = Pattern.compile("\"uuid\":\"([0-9a-f-]{36})\"");

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

    private BatchExport export(LateRows lateRows) {
        long project = server.components.newProject();
        server.components.insert(project, end.minusSeconds(600), end, 10);
        return server.stored(Exports.with("lateRows", lateRows).apply(server.memoryExport(project)));
    }

    private Run completedRun(BatchExport export, Instant boundary) {
        return server.awaitRun(server.startRun(export, boundary).id(), RunStatus.COMPLETED, SOON);
    }

    @Test
    void areCountedShownAndLoggedOnce() {
        BatchExport export = export(LateRows.REPORT);
        Run run = completedRun(export, end);
        Run before = completedRun(export, end.minus(1, ChronoUnit.HOURS));
        assertThat(run.rowsLate()).isZero();

        server.components.insert(export.projectId(), end.minusSeconds(60), end, 3);

        Awaitility.await("late rows")
                .atMost(SOON)
                .until(() -> server.runs.find(run.id()).orElseThrow().rowsLate() == 3);
        Awaitility.await("another count")
                .atMost(SOON)
                .until(() -> server.runs.find(run.id()).orElseThrow().recounts() >= 2);
        assertThat(server.runs.find(before.id()).orElseThrow().rowsLate()).isZero();
        assertThat(server.runs.find(run.id()).orElseThrow().status()).isEqualTo(RunStatus.COMPLETED);
        assertThat(server.runs.lateRows(List.of(export.id()))).containsEntry(export.id(), 3L);
        assertThat(server.logOf(export))
                .containsOnlyOnce(
                        "WARNING verify: 3 rows of this interval became visible in ClickHouse after they were read.");
        assertThat(server.runsOf(export)).hasSize(2);

        completedRun(export, end);
        assertThat(server.runs.lateRows(List.of(export.id()))).isEmpty();
    }

    @Test
    void areExportedIfTheExportAsksForIt() {
        BatchExport export = export(LateRows.EXPORT);
        Run run = completedRun(export, end);

        server.components.insert(export.projectId(), end.minusSeconds(60), end, 3);

        Awaitility.await("correction")
                .atMost(SOON)
                .until(() -> memory.committed(run).orElseThrow().size() == 13);
        Run correction = server.runsOf(export).getFirst();
        assertThat(correction.retryOf()).isEqualTo(run.id());
        assertThat(correction.interval()).isEqualTo(run.interval());
        server.awaitRun(correction.id(), RunStatus.COMPLETED, SOON);
        assertThat(server.runs.lateRows(List.of(export.id()))).isEmpty();
    }

    @Test
    void eachRowIsAtTheDestinationOnceWhateverItsDelayWhileScheduleRetriesAndBackfillsRunAtOnce() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        IntervalGrid grid = IntervalGrid.of(Frequency.parse("every 5 seconds"));
        BatchExport export = server.stored(Exports.with("lateRows", LateRows.EXPORT)
                .andThen(Exports.with("grid", grid))
                .apply(server.memoryExport(server.components.newProject())));
        server.orchestration.applySchedule(export);
        Instant start = export.firstIntervalStart();
        Instant stop = start.plusSeconds(30);
        List<UUID> inserted = new ArrayList<>();
        for (Instant time = Instant.now(); time.isBefore(stop.plusSeconds(4)); time = time.plusMillis(300)) {
            Instant next = time;
            Awaitility.await()
                    .pollInterval(Duration.ofMillis(20))
                    .atMost(SOON)
                    .until(() -> !Instant.now().isBefore(next));
            List<Instant> landed = random.ints(10, 0, 4_000)
                    .mapToObj(delay -> Instant.now().minusMillis(delay).truncatedTo(ChronoUnit.MICROS))
                    .filter(moment -> !moment.isBefore(start) && moment.isBefore(stop))
                    .toList();
            inserted.addAll(insert(export, landed));
            Instant boundary = grid.floor(Instant.now());
            if (random.nextInt(25) == 0 && boundary.isAfter(start.plusSeconds(10))) {
                server.startBackfill(export, boundary.minusSeconds(10), boundary, BackfillScope.ALL, 2);
            }
        }

        List<Interval> intervals = grid.within(start, stop).toList();
        Awaitility.await("every row once, seed " + seed)
                .atMost(SOON)
                .untilAsserted(
                        () -> assertThat(exported(export, intervals)).containsExactlyInAnyOrderElementsOf(inserted));
        server.exports.delete(export.id(), TestServer.now());
        server.orchestration.applySchedule(server.exports.find(export.id()).orElseThrow());
    }

    private List<UUID> exported(BatchExport export, List<Interval> intervals) {
        return server.runsOf(export).stream()
                .filter(run -> intervals.contains(run.interval()))
                .collect(Collectors.toMap(Run::interval, run -> run, (one, other) -> one))
                .values()
                .stream()
                .flatMap(run -> memory.committed(run).orElse(List.of()).stream())
                .flatMap(line -> UUID_OF_ROW.matcher(line).results().map(LateRowsTest::uuid))
                .toList();
    }

    private static UUID uuid(MatchResult found) {
        return UUID.fromString(found.group(1));
    }

    private List<UUID> insert(BatchExport export, List<Instant> landed) {
        List<UUID> ids = landed.stream().map(moment -> UUID.randomUUID()).toList();
        if (!ids.isEmpty()) {
            server.components.execute("""
                    INSERT INTO events SELECT id, 'pageview', 'user', generateUUIDv4(), '{}', '{}', '', t, t, %d, t
                    FROM (SELECT arrayJoin(arrayZip([%s], [%s])) AS pair, toUUID(pair.1) AS id,
                        fromUnixTimestamp64Micro(toInt64(pair.2), 'UTC') AS t)
                    """.formatted(
                            export.projectId(),
                            ids.stream().map(id -> "'" + id + "'").collect(Collectors.joining(",")),
                            landed.stream()
                                    .map(moment -> Long.toString(ChronoUnit.MICROS.between(Instant.EPOCH, moment)))
                                    .collect(Collectors.joining(","))));
        }
        return ids;
    }
}
