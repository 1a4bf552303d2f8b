package dev.batchexports.server.workflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.core.interval.Frequency;
import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.interval.IntervalGrid;
import dev.batchexports.core.run.RunStatus;
import dev.batchexports.server.Settings;
import dev.batchexports.server.exports.BatchExport;
import dev.batchexports.server.runs.Run;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/// The clocks of server and worker go wrong, each in its own direction, while rows land all the time. A run that
/// began before its interval has ended would miss rows; one that took its bounds from a clock would export others.
class ClockTest {
    private static final Duration SOON = Duration.ofSeconds(90);
    private static final Duration WRONG = Duration.ofMinutes(5);
    private static final Duration PERIOD = Duration.ofSeconds(5);
    private static final int PERIODS = 2;

    private final Components components = Components.get();
    private final MemoryDestination memory = new MemoryDestination();

    @Test
    void aServerAheadAndAWorkerBehindLoseNothingAndRepeatNothing() throws InterruptedException {
        exportsWhatLands(WRONG, WRONG.negated());
    }

    @Test
    void aServerBehindAndAWorkerAheadLoseNothingAndRepeatNothing() throws InterruptedException {
        exportsWhatLands(WRONG.negated(), WRONG);
    }

    private void exportsWhatLands(Duration serverAhead, Duration workerAhead) throws InterruptedException {
        long project = components.newProject();
        AtomicBoolean enough = new AtomicBoolean();
        Thread landing = Thread.ofVirtual().start(() -> {
            while (!enough.get()) {
                insert(project);
            }
        });
        try (TestServer server = start(Settings.Role.API, serverAhead);
                TestServer _ = start(Settings.Role.WORKER, workerAhead)) {
            Instant start = nextBoundary();
            Instant end = start.plus(PERIOD.multipliedBy(PERIODS));
            BatchExport export = server.stored(Exports.with("grid", IntervalGrid.of(new Frequency.Every(PERIOD)))
                    .andThen(Exports.with("settle", Duration.ofSeconds(1)))
                    .andThen(Exports.with("startAt", start))
                    .andThen(Exports.with("endAt", end))
                    .apply(server.memoryExport(project)));

            Awaitility.await("every interval")
                    .atMost(SOON)
                    .until(() -> server.runsOf(export).stream()
                                    .filter(run -> run.status() == RunStatus.COMPLETED)
                                    .count()
                            >= PERIODS);

            List<Run> runs = server.runsOf(export).reversed();
            assertThat(runs).hasSize(PERIODS).allMatch(run -> run.status() == RunStatus.COMPLETED);
            for (int period = 0; period < PERIODS; period++) {
                Interval interval = new Interval(
                        start.plus(PERIOD.multipliedBy(period)), start.plus(PERIOD.multipliedBy(period + 1L)));
                Run run = runs.get(period);
                assertThat(run.interval()).isEqualTo(interval);
                assertThat(memory.committed(run).orElseThrow())
                        .hasSize(rows(project, interval))
                        .isNotEmpty()
                        .doesNotHaveDuplicates();
            }
        } finally {
            enough.set(true);
            landing.join();
        }
    }

    private TestServer start(Settings.Role role, Duration ahead) {
        return TestServer.start(
                memory,
                TestServer.settings(role, Long.MAX_VALUE, TestServer.KEY),
                components.openSource(),
                Clock.offset(Clock.systemUTC(), ahead));
    }

    private static Instant nextBoundary() {
        long seconds = PERIOD.toSeconds();
        return Instant.ofEpochSecond((Instant.now().getEpochSecond() / seconds + 1) * seconds);
    }

    /// Rows land when they are inserted.
    private void insert(long project) {
        components.execute("""
                INSERT INTO events (uuid, event, distinct_id, person_id, properties, person_properties, elements_chain,
                    timestamp, created_at, team_id)
                SELECT generateUUIDv4(), 'tick', 'user', generateUUIDv4(), '{}', '{}', '', now64(6), now64(6), %d
                FROM numbers(10)
                """.formatted(project));
    }

    private int rows(long project, Interval interval) {
        return Integer.parseInt(components
                .execute("""
                        SELECT count() FROM events WHERE team_id = %d
                            AND inserted_at >= fromUnixTimestamp64Micro(toInt64(%d), 'UTC')
                            AND inserted_at < fromUnixTimestamp64Micro(toInt64(%d), 'UTC')
                        """.formatted(
                                project,
                                interval.start().getEpochSecond() * 1_000_000,
                                interval.end().getEpochSecond() * 1_000_000))
                .strip());
    }
}
