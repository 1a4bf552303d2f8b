package dev.batchexports.endtoend;

import static dev.batchexports.endtoend.Installation.change;
import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.embedded.Tools;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// What somebody does in Temporal behind our back reaches the database within a minute, and is put
/// right.
class OutsideChangesTest {
    private final Installation installation = Installation.get();
    private final Api api = installation.api;
    private final long project = installation.newProject();
    private final Instant start = Installation.hourAgo(5);

    @Test
    void aTerminatedWorkflowEndsItsRun() throws Exception {
        installation.table.insertAt(project, start);
        Map<String, Object> body = installation.hourlyExport("terminated");
        change(body, "endpoint_url", "http://127.0.0.1:1");
        String export = api.createExport(project, body);
        api.backfill(project, export, start, start.plus(1, ChronoUnit.HOURS));
        JsonNode run = api.awaitRun(project, export, start, "Running", Duration.ofSeconds(60));

        temporal(
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
        assertThat(temporal("schedule", "describe", "--schedule-id", export)).contains(export);

        temporal("schedule", "delete", "--schedule-id", export);

        Awaitility.await("the schedule to be made again")
                .atMost(Duration.ofSeconds(90))
                .pollInterval(Duration.ofSeconds(2))
                .ignoreExceptions()
                .untilAsserted(() -> assertThat(temporal("schedule", "describe", "--schedule-id", export))
                        .contains(export));
        assertThat(api.delete(Api.export(project, export)).status()).isEqualTo(204);
        Awaitility.await("the schedule to be gone")
                .atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(status("schedule", "describe", "--schedule-id", export))
                        .isNotZero());
    }

    private String temporal(String... arguments) throws IOException, InterruptedException {
        Process process = run(arguments);
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isZero();
        return output;
    }

    private int status(String... arguments) throws IOException, InterruptedException {
        Process process = run(arguments);
        process.getInputStream().readAllBytes();
        return process.waitFor();
    }

    private Process run(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(Tools.locate().temporal().toString()));
        command.addAll(List.of(arguments));
        command.addAll(List.of("--address", installation.connections.temporalAddress()));
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }
}
