package dev.batchexports.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.server.TestServer;
import dev.batchexports.testkit.PythonPackages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Requests made up from the description that the server gives of itself, sensible ones and others: none makes it
/// fail, and every answer has a status, a media type and a body that the description names.
///
/// Repeatable: the requests follow from the seed. `-Dbx.fuzz.seed=N` and `-Dbx.fuzz.examples=N` (requests for each
/// route, beside those at the limits of each field) ask for others and more.
class ApiFuzzTest {
    private static final Path RESOURCES = Path.of("src", "test", "resources", "fuzz");
    private static final int DISPOSABLE = 5;

    /// A little more than what the usual number of requests takes on a busy machine.
    private static final long MINUTES_FOR_EACH_EXAMPLE = 1;

    private final ApiClient client = ApiClient.forNewProject();
    private final List<String> webhooks = new ArrayList<>();

    @Test
    void noRequestMakesTheServerFailAndEveryAnswerIsAsDocumented() throws IOException, InterruptedException {
        Path packages = PythonPackages.of("schemathesis", "schemathesis", "Schemathesis");
        int examples = Integer.getInteger("bx.fuzz.examples", 8);
        Path output = Files.createTempFile(Files.createDirectories(Path.of("target", "fuzz")), "run", ".log");
        ProcessBuilder builder = new ProcessBuilder(
                        "python3",
                        "-m",
                        "schemathesis.cli",
                        "--config-file",
                        RESOURCES.resolve("schemathesis.toml").toString(),
                        "run",
                        TestServer.get().url() + "/api/openapi.json",
                        "--seed",
                        Integer.toString(Integer.getInteger("bx.fuzz.seed", 1)),
                        "--max-examples",
                        Integer.toString(examples))
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().put("PYTHONPATH", packages + ":" + RESOURCES);
        builder.environment().put("PYTHONDONTWRITEBYTECODE", "1");
        builder.environment().put("SCHEMATHESIS_HOOKS", "hooks");
        builder.environment().put("BX_FUZZ_URL", TestServer.get().url());
        builder.environment().put("BX_FUZZ_TOKEN", TestServer.TOKEN);
        builder.environment().put("BX_FUZZ_FIXTURES", ApiClient.JSON.writeValueAsString(fixtures()));
        Process fuzzing = builder.start();
        try {
            assertThat(fuzzing.waitFor(5 + examples * MINUTES_FOR_EACH_EXAMPLE, TimeUnit.MINUTES))
                    .as("ended: " + Files.readString(output))
                    .isTrue();
        } finally {
            fuzzing.descendants().forEach(ProcessHandle::destroyForcibly);
            fuzzing.destroyForcibly();
        }

        assertThat(fuzzing.exitValue()).as(Files.readString(output)).isZero();
    }

    /// What the paths of the requests lead to.
    private Map<String, Object> fixtures() {
        String export = client.create(ApiClient.hourlyExport());
        Instant hour = Instant.now().truncatedTo(ChronoUnit.HOURS);
        TestServer.get().insertEvents(client.project(), hour.minusSeconds(60));
        Runs runs = new Runs(export);
        List<String> made = Stream.of(
                        runs.completed(hour, 1),
                        runs.failed(hour.minus(1, ChronoUnit.HOURS)),
                        runs.starting(hour.minus(2, ChronoUnit.HOURS)))
                .map(run -> run.id().toString())
                .toList();
        String backfill = client.post(
                        export + "/backfills/",
                        Map.of("start_at", hour.minus(9, ChronoUnit.HOURS), "end_at", hour.minus(5, ChronoUnit.HOURS)))
                .is(201)
                .json()
                .get("id")
                .stringValue();
        webhooks.add(client.send(
                        "POST",
                        "/api/projects/" + client.project() + "/webhooks/",
                        ApiClient.JSON.writeValueAsString(Map.of(
                                "url", "http://127.0.0.1:1/", "secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")))
                .is(201)
                .json()
                .get("id")
                .stringValue());
        List<String> disposable = Stream.generate(() -> client.create(ApiClient.hourlyExport()))
                .limit(DISPOSABLE)
                .toList();
        return Map.of(
                "project",
                client.project(),
                "exports",
                List.of(export),
                "disposable",
                disposable,
                "runs",
                made,
                "backfills",
                List.of(backfill),
                "webhooks",
                webhooks);
    }

    /// Other tests look at all tokens, and the outbox is read for all webhooks.
    @AfterEach
    void removeWhatTheRequestsHaveMade() {
        String project = "/api/projects/" + client.project();
        removeAll(project + "/batch_exports/", project + "/batch_exports/?limit=1000");
        removeAll(project + "/webhooks/", project + "/webhooks/?limit=1000");
        for (JsonNode token :
                client.send("GET", "/api/tokens/", "").is(200).json().get("results")) {
            if (token.get("project_id").isNull()) {
                continue;
            }
            client.send("DELETE", "/api/tokens/" + token.get("id").stringValue() + "/", "");
        }
    }

    private void removeAll(String collection, String list) {
        for (JsonNode found : client.send("GET", list, "").is(200).json().get("results")) {
            client.send("DELETE", collection + found.get("id").stringValue() + "/", "")
                    .is(204);
        }
    }
}
