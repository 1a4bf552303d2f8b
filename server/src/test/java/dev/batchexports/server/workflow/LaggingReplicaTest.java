package dev.batchexports.server.workflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.core.run.RunStatus;
import dev.batchexports.core.source.EncodedRows;
import dev.batchexports.core.source.Encoding;
import dev.batchexports.core.source.Plan;
import dev.batchexports.core.source.QueryTag;
import dev.batchexports.core.source.RowSelection;
import dev.batchexports.core.source.Slice;
import dev.batchexports.core.source.SliceLimits;
import dev.batchexports.core.source.Source;
import dev.batchexports.core.source.SourceColumn;
import dev.batchexports.server.Settings;
import dev.batchexports.server.exports.BatchExport;
import dev.batchexports.server.runs.Run;
import dev.batchexports.server.runs.RunError;
import dev.batchexports.source.clickhouse.ClickHouseSettings;
import dev.batchexports.source.clickhouse.ClickHouseSource;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/// One address, two replicas behind it, one of which has not got all rows yet: every query may come to either.
///
/// The engine of the tests cannot replicate, so a replica is a database with the same table, and the test brings the
/// rows from one to the other when it is time.
@TestInstance(Lifecycle.PER_CLASS)
class LaggingReplicaTest {
    private static final Duration SOON = Duration.ofSeconds(90);
    private static final int EVERYWHERE = 60;
    private static final int LATE = 40;
    private static final int ALL = EVERYWHERE + LATE;

    private final Components components = Components.get();
    private final MemoryDestination memory = new MemoryDestination();
    private final Instant end = Instant.now().truncatedTo(ChronoUnit.HOURS);
    private final Instant start = end.minus(1, ChronoUnit.HOURS);
    private final Replicas replicas = new Replicas(components);
    private final TestServer server = TestServer.start(
            memory,
            TestServer.settings(Settings.Role.ALL, Long.MAX_VALUE, TestServer.KEY),
            replicas,
            Clock.systemUTC());
    private long project;
    private BatchExport export = server.memoryExport(1);

    @AfterAll
    void stop() {
        server.close();
    }

    @BeforeEach
    void newProject() {
        project = components.newProject();
        export = server.stored(server.memoryExport(project));
        components.insert(project, start, end, EVERYWHERE);
        replicate();
        components.insert(project, start, end, LATE);
    }

    private void replicate() {
        components.execute(
                "INSERT INTO lagging.events SELECT * FROM events WHERE team_id = %d AND uuid NOT IN".formatted(project)
                        + " (SELECT uuid FROM lagging.events)");
    }

    @Test
    void rowsThatWerePlannedAndAreNotFoundAreWaitedFor() {
        replicas.route(replicas.whole, replicas.lagging, replicas.whole);
        Run started = server.startRun(export, end);
        Awaitility.await("an attempt without the rows").atMost(SOON).until(() -> {
            RunError error = server.runs.find(started.id()).orElseThrow().latestError();
            return error != null && error.code().equals("RowsMissing");
        });
        assertThat(memory.committed(started)).isEmpty();

        replicate();

        assertHasAll(server.awaitEnd(started.id(), SOON));
    }

    @Test
    void rowsThatWereNotPlannedAndAreFoundAreExported() {
        replicas.route(replicas.lagging, replicas.whole, replicas.whole);

        assertHasAll(server.awaitEnd(server.startRun(export, end).id(), SOON));
    }

    @Test
    void rowsThatWereNeitherPlannedNorFoundAreShown() {
        replicas.route(replicas.lagging, replicas.lagging, replicas.whole);

        Run run = server.awaitEnd(server.startRun(export, end).id(), SOON);

        assertThat(run.status()).isEqualTo(RunStatus.COMPLETED);
        assertThat(run.recordsCompleted()).isEqualTo(EVERYWHERE);
        assertThat(server.logOf(export))
                .anyMatch(line -> line.startsWith("WARNING verify: 40 rows became visible in ClickHouse after"));
    }

    private void assertHasAll(Run run) {
        assertThat(run.status()).as("%s", run.latestError()).isEqualTo(RunStatus.COMPLETED);
        assertThat(run.recordsCompleted()).isEqualTo(ALL);
        assertThat(memory.committed(run).orElseThrow()).hasSize(ALL).doesNotHaveDuplicates();
    }

    /// Sends each kind of query to the replica that a test chooses.
    private static final class Replicas implements Source {
        private record Route(Source plans, Source reads, Source counts) {}

        private final Source whole;
        private final Source lagging;
        private volatile Route route;

        Replicas(Components components) {
            components.execute("CREATE DATABASE IF NOT EXISTS lagging");
            components.execute("CREATE TABLE IF NOT EXISTS lagging.events AS events");
            ClickHouseSettings settings = components.sourceSettings();
            whole = ClickHouseSource.open(settings);
            lagging = ClickHouseSource.open(
                    ClickHouseSettings.of(settings.url().toString(), settings.user(), settings.password(), "lagging"));
            route = new Route(whole, whole, whole);
        }

        void route(Source plans, Source reads, Source counts) {
            route = new Route(plans, reads, counts);
        }

        @Override
        public Plan plan(RowSelection selection, Encoding encoding, SliceLimits limits, QueryTag tag) {
            return route.plans().plan(selection, encoding, limits, tag);
        }

        @Override
        public long count(RowSelection selection, QueryTag tag) {
            return route.counts().count(selection, tag);
        }

        @Override
        public long count(RowSelection selection, List<SourceColumn> columns, Slice slice, QueryTag tag) {
            return route.counts().count(selection, columns, slice, tag);
        }

        @Override
        public EncodedRows open(
                RowSelection selection, List<SourceColumn> columns, Slice slice, Encoding encoding, QueryTag tag) {
            return route.reads().open(selection, columns, slice, encoding, tag);
        }

        @Override
        public void cancelQueries(UUID runId) {
            whole.cancelQueries(runId);
            lagging.cancelQueries(runId);
        }

        @Override
        public void close() {
            whole.close();
            lagging.close();
        }
    }
}
