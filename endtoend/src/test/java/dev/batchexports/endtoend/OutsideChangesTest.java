package dev.batchexports.endtoend;

import static dev.batchexports.endtoend.Installation.change;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// What somebody does in Temporal behind our back reaches the database within a minute, and is put
/// right.
class OutsideChangesTest {
    private final Installation installation = Installation.get();
    private final Api api = installation.api;
    private final long project = installation.newProject();
    private final TemporalCommand temporal = new TemporalCommand(installation);
    private final Instant start = Installation.hourAgo(5);

    @Test
    void aTerminatedWorkflowEndsItsRun() throws Exception {
        installation.table.insertAt(project, start);
        Map<String, Object> body = installation.hourlyExport("terminated");
        change(body, "endpoint_url", "http://127.0.0.1:1");
        String export = api.createExport(project, body);
        api.backfill(project, export, start, start.plus(1, ChronoUnit.HOURS));
        JsonNode run = api.awaitRun(project, export, start, "Running", Duration.ofSeconds(60));

        temporal.output(
                "workflow", "terminate", "--workflow-id", run.get("workflow_id").asString());

        api.awaitRun(project, export, start, "Terminated", Duration.ofSeconds(60));
        Api.Answer retry =
                api.post(Api.export(project, export) + "runs/" + run.get("id").asString() + "/retry/", Map.of());
        assertThat(retry.status()).as(retry.body()).isEqualTo(201);
        api.post(Api.export(project, export) + "runs/" + retry.json().get("id").asString() + "/cancel/", Map.of());
    }

    @Test
    void aScheduleThatWasDeletedIsMadeAgainAndOnePausedInTemporalFollowsTheDatabase() throws Exception {
        String export = api.createExport(project, installation.hourlyExport("schedule"));
        assertThat(temporal.output("schedule", "describe", "--schedule-id", export))
                .contains(export);

        temporal.output("schedule", "delete", "--schedule-id", export);

        Awaitility.await("the schedule to be made again")
                .atMost(Duration.ofSeconds(90))
                .pollInterval(Duration.ofSeconds(2))
                .ignoreExceptions()
                .untilAsserted(() -> assertThat(temporal.output("schedule", "describe", "--schedule-id", export))
                        .contains(export));
        assertThat(api.delete(Api.export(project, export)).status()).isEqualTo(204);
        Awaitility.await("the schedule to be gone")
                .atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(temporal.status("schedule", "describe", "--schedule-id", export))
                        .isNotZero());
    }
}
