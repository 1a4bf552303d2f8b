package dev.batchexports.endtoend;

import static dev.batchexports.endtoend.Installation.change;
import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.embedded.Tools;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// A canary in place of a secret is found nowhere, and Temporal's history shows nothing of what is
/// exported to where.
class SecrecyTest {
    private static final String CANARY = "canary-6f1c2e-secret";
    private static final String PASSWORD_CANARY = "canary-8d02aa-password";
    private static final String WEBHOOK_CANARY = "whsec_"
            + Base64.getEncoder().encodeToString("canary-4a77be-of-a-webhook-secret".getBytes(StandardCharsets.UTF_8));
    private static final Pattern BASE64 = Pattern.compile("[A-Za-z0-9+/]+={0,2}");
    private static final String ROW_CANARY = "canary-in-a-row";

    private final Installation installation = Installation.get();
    private final Api api = installation.api;
    private final long project = installation.newProject();
    private final Instant start = Installation.hourAgo(5);
    private final Instant end = start.plus(1, ChronoUnit.HOURS);

    @Test
    void aSecretIsFoundInNoLogNoDatabaseAndNoAnswer() throws Exception {
        installation.table.insert(project, start, 3600, 10);
        Map<String, Object> body = installation.hourlyExport("canary");
        change(body, "aws_secret_access_key", CANARY);
        StringBuilder answers = new StringBuilder();
        Api.Answer created = api.post(Api.exports(project), body);
        answers.append(created.body());
        assertThat(created.status()).isEqualTo(201);
        String export = created.json().get("id").asString();
        answers.append(api.post(Api.exports(project) + "test/", body).body());
        body.put("interval", "nonsense");
        answers.append(api.post(Api.exports(project), body).body());
        answers.append(api.patch(Api.export(project, export), Map.of("name", "renamed"))
                .body());
        answers.append(answersToWhatIsWrong());
        Api.Answer webhook = api.post(
                "/api/projects/" + project + "/webhooks/",
                Map.of("url", "http://127.0.0.1:1/hook", "secret", WEBHOOK_CANARY));
        assertThat(webhook.status()).as(webhook.body()).isEqualTo(201);
        answers.append(webhook.body())
                .append(api.post(
                                "/api/projects/" + project + "/webhooks/"
                                        + webhook.json().get("id").asString() + "/test/",
                                Map.of())
                        .body());

        api.backfill(project, export, start, end);
        JsonNode run = api.awaitRun(project, export, start, "Failed", Duration.ofSeconds(60));
        String runPath = Api.export(project, export) + "runs/" + run.get("id").asString() + "/";
        for (String path : List.of(
                Api.exports(project), Api.export(project, export), runPath, runPath + "logs/", runPath + "files/")) {
            answers.append(api.get(path).body());
        }
        for (String path : List.of(
                "/metrics",
                "/api/system",
                "/api/tokens/",
                "/api/session",
                "/api/destination_types/",
                "/api/projects/" + project + "/overview/",
                "/api/projects/" + project + "/webhooks/",
                Api.export(project, export) + "revisions/")) {
            answers.append(api.get(path).body());
        }

        List<String> secrets = List.of(
                CANARY,
                WEBHOOK_CANARY,
                PASSWORD_CANARY,
                Installation.TOKEN,
                installation.encryptionKey,
                installation.connections.databasePassword(),
                installation.connections.clickhousePassword());
        assertThat(secrets).allMatch(secret -> secret.length() > 8);
        assertThat(answers).doesNotContain(secrets);
        assertThat(databaseText()).contains(export).doesNotContain(secrets);
        for (Path file : filesOfLogsAndTemporal()) {
            for (String secret : secrets) {
                assertThat(containsBytes(file, secret))
                        .as("%s in %s", secret, file)
                        .isFalse();
            }
        }
    }

    /// Secrets where none belong: under a name with a slip, of a wrong type, within an address, in a body that
    /// breaks off.
    private String answersToWhatIsWrong() {
        List<Map<String, Object>> configs = List.of(
                Map.of("aws_secret_acces_key", CANARY),
                Map.of("aws_secret_access_key", List.of(CANARY)),
                Map.of("aws_secret_access_key", Map.of("value", CANARY)),
                Map.of("endpoint_url", "http://user:" + CANARY + "@127.0.0.1:1/"),
                Map.of("bucket_name", 5, "aws_secret_access_key", CANARY));
        StringBuilder answers = new StringBuilder();
        for (Map<String, Object> config : configs) {
            Map<String, Object> body = installation.hourlyExport("canary");
            config.forEach((parameter, value) -> change(body, parameter, value));
            Api.Answer refused = api.post(Api.exports(project), body);
            assertThat(refused.status()).as(refused.body()).isEqualTo(400);
            answers.append(refused.body());
        }
        for (Map<String, Object> destination : List.of(
                Map.<String, Object>of(
                        "type",
                        "Postgres",
                        "config",
                        Map.of(
                                "host",
                                "127.0.0.1",
                                "port",
                                1,
                                "database",
                                "none",
                                "user",
                                "nobody",
                                "password",
                                PASSWORD_CANARY)),
                Map.<String, Object>of(
                        "type",
                        "Snowflake",
                        "config",
                        Map.of("account", "a-b", "user", "nobody", "private_key", PASSWORD_CANARY)))) {
            Map<String, Object> body = installation.hourlyExport("canary");
            body.put("destination", destination);
            answers.append(api.post(Api.exports(project) + "test/", body).body());
        }
        String whole = Api.JSON.writeValueAsString(installation.hourlyExport("canary"));
        String broken = whole.replace(installation.connections.s3SecretAccessKey(), CANARY);
        for (String body : List.of(
                broken.substring(0, broken.indexOf(CANARY) + CANARY.length()),
                broken.substring(0, broken.length() - 1),
                CANARY,
                "\"" + CANARY + "\"")) {
            Api.Answer refused = api.postText(Api.exports(project), body);
            assertThat(refused.status()).as(refused.body()).isEqualTo(400);
            answers.append(refused.body());
        }
        return answers.toString();
    }

    /// A dump of the memory holds secrets in the clear, whatever the program does.
    @Test
    void noProcessWritesItsMemoryToAFileWhenItFails() throws Exception {
        Path home = Files.createDirectories(installation.folder.resolve("launcher"));
        Path java = Files.createDirectories(home.resolve("bin")).resolve("java");
        Files.writeString(java, "#!/bin/sh\nprintf '%s\\n' \"$@\"\n");
        assertThat(java.toFile().setExecutable(true)).isTrue();
        Files.writeString(Files.createDirectories(home.resolve("x")).resolve("classpath"), "a.jar\n");
        for (String command : List.of("server", "worker", "dev", "demo")) {
            Process launcher = new ProcessBuilder(
                            "bash",
                            "-c",
                            "unlock_set_up() { :; }; APP=$1 BX_HOME=$1 TOOLS=$1 JAVA_HOME=$1 fingerprint=x;"
                                    + " source ../scripts/run.sh; run_java \"$2\"",
                            "launcher",
                            home.toString(),
                            command)
                    .redirectErrorStream(true)
                    .start();
            String options = new String(launcher.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

            assertThat(options.lines())
                    .as(options)
                    .contains("-XX:-HeapDumpOnOutOfMemoryError", "-XX:-CreateCoredumpOnCrash", command)
                    .noneMatch(option -> option.contains("+HeapDump"));
        }
        try (Stream<Path> files = Files.walk(installation.folder)) {
            assertThat(files.filter(Files::isRegularFile)
                            .map(file -> file.getFileName().toString()))
                    .noneMatch(name -> name.endsWith(".hprof") || name.matches("core(\\.\\d+)?"));
        }
    }

    @Test
    void aHistoryReadWithoutTheKeyShowsNoBucketNoKeyAndNoRow() throws Exception {
        String bucketName = installation.connections.s3Bucket();
        installation.table.execute("""
                INSERT INTO events SELECT generateUUIDv4(), '%s', 'user', generateUUIDv4(), '{}', '{}', '', t, t, %d, t
                FROM (SELECT toDateTime64('%s', 6, 'UTC') AS t)
                """.formatted(
                        ROW_CANARY, project, start.toString().replace("T", " ").replace("Z", "")));
        String good = api.createExport(project, installation.hourlyExport("secret-prefix"));
        Map<String, Object> body = installation.hourlyExport("secret-prefix-2");
        change(body, "bucket_name", "no-such-secret-bucket");
        String bad = api.createExport(project, body);
        api.backfill(project, good, start, end);
        api.backfill(project, bad, start, end);
        JsonNode completed = api.awaitRun(project, good, start, "Completed", Duration.ofSeconds(60));
        JsonNode failed = api.awaitRun(project, bad, start, "Failed", Duration.ofSeconds(60));

        for (JsonNode run : List.of(completed, failed)) {
            String history = temporal(
                    "workflow", "show", "--workflow-id", run.get("workflow_id").asString(), "--output", "json");
            // payloads are Base64 in this output: look into them too
            String all = history + decoded(history);
            assertThat(all).contains("binary/encrypted", "EVENT_TYPE_ACTIVITY_TASK_SCHEDULED");
            assertThat(all)
                    .doesNotContain(
                            bucketName,
                            "no-such-secret-bucket",
                            "secret-prefix",
                            installation.connections.s3AccessKeyId(),
                            installation.connections.s3SecretAccessKey(),
                            ROW_CANARY,
                            "does not exist");
        }
    }

    private String temporal(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(Tools.locate().temporal().toString()));
        command.addAll(List.of(arguments));
        command.addAll(List.of("--address", installation.connections.temporalAddress()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isZero();
        return output;
    }

    private static String decoded(String history) {
        StringBuilder plain = new StringBuilder();
        for (String word : history.split("\"", -1)) {
            if (word.length() % 4 == 0 && BASE64.matcher(word).matches()) {
                plain.append(new String(Base64.getDecoder().decode(word), StandardCharsets.ISO_8859_1));
            }
        }
        return plain.toString();
    }

    /// Every value of every column of every table of the metadata database.
    private String databaseText() throws SQLException {
        StringBuilder text = new StringBuilder();
        try (Connection database = DriverManager.getConnection(
                        installation.connections.databaseUrl(),
                        installation.connections.databaseUser(),
                        installation.connections.databasePassword());
                Statement statement = database.createStatement()) {
            List<String> tables = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery(
                    "select quote_ident(table_name) from information_schema.tables where table_schema = 'public'")) {
                while (rows.next()) {
                    tables.add(rows.getString(1));
                }
            }
            for (String table : tables) {
                try (ResultSet rows = statement.executeQuery("select t::text from " + table + " t")) {
                    while (rows.next()) {
                        text.append(rows.getString(1)).append('\n');
                    }
                }
            }
        }
        return text.toString();
    }

    private List<Path> filesOfLogsAndTemporal() throws IOException {
        try (Stream<Path> files = Files.walk(installation.folder)) {
            List<Path> found = files.filter(Files::isRegularFile)
                    .filter(file ->
                            file.toString().endsWith(".log") || file.toString().contains("/temporal"))
                    .toList();
            assertThat(found).isNotEmpty().anyMatch(file -> file.toString().contains("temporal"));
            return found;
        }
    }

    private static boolean containsBytes(Path file, String text) throws IOException {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).contains(text);
        } catch (NoSuchFileException e) {
            return false; // a journal of the database, gone since the folder was listed
        }
    }
}
