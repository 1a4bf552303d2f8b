package dev.batchexports.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import io.temporal.api.history.v1.HistoryEvent;
import io.temporal.client.WorkflowClient;
import io.temporal.serviceclient.WorkflowServiceStubs;
import io.temporal.serviceclient.WorkflowServiceStubsOptions;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Workers that share a queue share the slices of an interval; one more or one less changes nothing but speed.
class ScaleOutTest {
    private static final int ROWS = 30_000;
    private static final Duration SOON = Duration.ofMinutes(3);

    /// Makes the rows more than a hundred slices, of which a worker takes two at once.
    private static final Map<String, String> MANY_SLICES = Map.of(
            "BX_WORKER_SLICE_BYTES", "150000",
            "BX_WORKER_LEAST_SLICE_BYTES", "150000",
            "BX_WORKER_SLICES_PER_RUN", "8",
            "BX_WORKER_CONCURRENT_SLICES", "2");

    private final Installation installation = Installation.get();
    private final Api api = installation.api;
    private final long project = installation.newProject();
    private final Instant start = Installation.hourAgo(5);
    private final WorkflowServiceStubs temporal =
            WorkflowServiceStubs.newServiceStubs(WorkflowServiceStubsOptions.newBuilder()
                    .setTarget(installation.connections.temporalAddress())
                    .build());

    @AfterEach
    void close() {
        temporal.shutdownNow();
        installation.restartWorker(Map.of());
    }

    @Test
    void workersShareTheSlicesOfAnIntervalAndMayComeAndGoInTheMiddleOfIt() {
        installation.table.insert(project, start, 3600, ROWS);
        String export = api.createExport(project, installation.hourlyExport("scale-out"));
        BxProcess first = installation.restartWorker(MANY_SLICES);

        api.backfill(project, export, start, start.plus(1, ChronoUnit.HOURS));
        JsonNode alone = completed(export);
        assertThat(workersOf(alone)).containsExactly(first.pid());

        try (BxProcess second = installation.startWorker(MANY_SLICES)) {
            awaitWork(second);
            JsonNode run = retry(export, alone);
            Awaitility.await("both workers to transfer")
                    .atMost(SOON)
                    .until(() -> workersOf(run).containsAll(List.of(first.pid(), second.pid())));
            first.kill();
            assertThat(api.runOf(project, export, start).get("status").asString())
                    .as("status in the middle of the run")
                    .isEqualTo("Running");
            try (BxProcess third = installation.startWorker(MANY_SLICES)) {
                JsonNode shared = completed(export);
                assertThat(shared.get("id")).isEqualTo(run.get("id"));

                int _ = second.terminate();
                JsonNode last = retry(export, shared);
                completed(export);
                assertThat(workersOf(last)).containsExactly(third.pid());
            }
        }
    }

    /// A process takes seconds to start, in which another one may have done everything.
    private void awaitWork(BxProcess worker) {
        Awaitility.await("worker to ask for work").atMost(SOON).until(() -> {
            for (JsonNode queue : api.get("/api/system").json().get("queues")) {
                for (JsonNode poller : queue.get("workers")) {
                    if (queue.get("name").asString().endsWith("s3-export")
                            && poller.get("identity").asString().startsWith(worker.pid() + "@")) {
                        return true;
                    }
                }
            }
            return false;
        });
    }

    private JsonNode retry(String export, JsonNode run) {
        // The workflow ends a moment after its run.
        Awaitility.await("the interval to be free")
                .atMost(SOON)
                .until(() -> api.post(
                                        Api.export(project, export) + "runs/"
                                                + run.get("id").asString() + "/retry/",
                                        Map.of())
                                .status()
                        == 201);
        return api.runOf(project, export, start);
    }

    /// The latest run of the interval, once it has completed with exactly the rows of the table.
    private JsonNode completed(String export) {
        JsonNode run = api.awaitRun(project, export, start, "Completed", SOON);
        assertThat(run.get("records_completed").asLong()).isEqualTo(ROWS);
        assertThat(run.get("files_count").asInt()).isGreaterThan(100);
        assertThat(installation.bucket.uuids("scale-out/"))
                .hasSize(ROWS)
                .containsExactlyInAnyOrderElementsOf(
                        installation.table.uuids(project, start, start.plus(1, ChronoUnit.HOURS)));
        return run;
    }

    /// The processes that have begun a transfer of a run, as Temporal knows them.
    private Set<Long> workersOf(JsonNode run) {
        List<HistoryEvent> events = WorkflowClient.newInstance(temporal)
                .fetchHistory(
                        run.get("workflow_id").asString(),
                        run.get("workflow_run_id").asString())
                .getEvents();
        Set<Long> transfers = new HashSet<>();
        Set<Long> workers = new HashSet<>();
        for (HistoryEvent event : events) {
            if (event.hasActivityTaskScheduledEventAttributes()
                    && event.getActivityTaskScheduledEventAttributes()
                            .getActivityType()
                            .getName()
                            .equals("transfer")) {
                transfers.add(event.getEventId());
            } else if (event.hasActivityTaskStartedEventAttributes()
                    && transfers.contains(
                            event.getActivityTaskStartedEventAttributes().getScheduledEventId())) {
                String identity = event.getActivityTaskStartedEventAttributes().getIdentity();
                workers.add(Long.parseLong(identity.substring(0, identity.indexOf('@'))));
            }
        }
        return workers;
    }
}
