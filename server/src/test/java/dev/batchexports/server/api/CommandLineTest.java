package dev.batchexports.server.api;

import static dev.batchexports.server.api.ApiClient.hourlyExport;
import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.core.run.RunStatus;
import dev.batchexports.server.TestServer;
import dev.batchexports.server.runs.LogLevel;
import dev.batchexports.server.runs.LogStore;
import dev.batchexports.server.runs.Run;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// `bx` against a server, as people read it.
class CommandLineTest {
    private static final Instant MIDNIGHT = Instant.parse("2026-03-01T00:00:00Z");

    private final ApiClient client = ApiClient.forNewProject();
    private final Bx bx = Bx.of(client);

    @TempDir
    private Path folder = Path.of("");

    private String create(String name) {
        Map<String, Object> export = hourlyExport();
        export.put("name", name);
        return client.create(export);
    }

    private String file(String text) throws IOException {
        return Files.writeString(folder.resolve("exports.yaml"), text).toString();
    }

    private String yaml(String name, String interval) {
        Map<String, Object> config = ApiClient.config(hourlyExport());
        return """
                name: %s
                model: events
                interval: %s
                destination:
                  type: S3
                  config:
                    bucket_name: %s
                    prefix: cli-tests
                    endpoint_url: %s
                    aws_access_key_id: %s
                    aws_secret_access_key: %s
                """.formatted(
                        name,
                        interval,
                        config.get("bucket_name"),
                        config.get("endpoint_url"),
                        config.get("aws_access_key_id"),
                        config.get("aws_secret_access_key"));
    }

    @Test
    void anExportIsCreatedListedShownChangedPausedAndDeleted() {
        Map<String, Object> config = ApiClient.config(hourlyExport());
        assertThat(bx.run("export", "list").is(0).out())
                .isEqualTo("Project %d has no exports. `bx export create --help` says how to make one.%n"
                        .formatted(client.project()));

        bx.run(
                        "export",
                        "create",
                        "--name",
                        "hourly events",
                        "--model",
                        "events",
                        "--interval",
                        "hour",
                        "--destination",
                        "S3",
                        "-c",
                        "bucket_name=" + config.get("bucket_name"),
                        "-c",
                        "endpoint_url=" + config.get("endpoint_url"),
                        "-c",
                        "aws_access_key_id=" + config.get("aws_access_key_id"),
                        "-c",
                        "aws_secret_access_key=" + config.get("aws_secret_access_key"),
                        "-c",
                        "max_file_size_mb=512",
                        "-c",
                        "use_virtual_style_addressing=false")
                .is(0);
        JsonNode export =
                bx.run("export", "get", "hourly events", "-o", "json").is(0).json();
        String id = export.get("id").stringValue();
        assertThat(export.at("/destination/config/max_file_size_mb").intValue()).isEqualTo(512);

        assertThat(bx.run("export", "list").is(0).lines())
                .containsExactly(
                        "EXPORT    NAME           MODEL   DESTINATION  INTERVAL  STATUS  LAST RUN  ENDED",
                        id.substring(0, 8) + "  hourly events  events  S3           hour      active  -         -");
        assertThat(bx.run("export", "get", id.substring(0, 5)).is(0).out())
                .contains("Name ", "hourly events", "bucket_name", "hour in UTC")
                .doesNotContain(String.valueOf(config.get("aws_secret_access_key")));

        assertThat(bx.run("export", "update", id, "--interval", "day", "--timezone", "Europe/Berlin")
                        .is(0)
                        .out())
                .isEqualTo("Export \"hourly events\" is changed.%n".formatted());
        assertThat(bx.run("export", "update", id, "--interval", "day").is(0).out())
                .contains("is like that already");
        assertThat(bx.run("export", "schedule", "HOURLY EVENTS", "--count", "2")
                        .is(0)
                        .lines())
                .hasSize(3);
        assertThat(bx.run("export", "test", "hourly events").is(0).out()).contains("Passed   Read the model events");
        assertThat(bx.run("export", "pause", "hourly events").is(0).out()).contains("is paused");
        assertThat(bx.run("export", "schedule", "hourly events").is(0).out()).contains("It is paused");
        assertThat(bx.run("export", "unpause", "hourly events").is(0).out()).contains("is active");

        assertThat(bx.run("export", "delete", "hourly events").is(2).err()).contains("Say --yes");
        bx.run("export", "delete", "hourly events", "--yes").is(0);
        client.get(id + "/").is(404);
    }

    @Test
    void whatIsNamedWronglyIsToldWithTheNearestName() {
        String one = create("page views");
        create("page clicks");
        create("twin");
        String second = create("twin");

        Bx.Result unknown = bx.run("export", "get", "page view").is(1);
        assertThat(unknown.err())
                .isEqualTo("bx: There is no batch export \"page view\" in project %d. Did you mean \"page views\"?%n"
                        .formatted(client.project()));
        assertThat(unknown.out()).isEmpty();

        Bx.Result ambiguous = bx.run("export", "pause", "twin").is(1);
        assertThat(ambiguous.err())
                .startsWith("bx: \"twin\" fits 2 batch exports: name one by more of its id.")
                .contains(second + "  twin");
        assertThat(bx.run("run", "get", one, "abcd").is(1).err())
                .contains("\"page views\" has no run whose id begins with \"abcd\"");
        assertThat(bx.run("run", "get", one).is(1).err()).contains("\"page views\" has no run yet.");
        assertThat(bx.run("export", "get", UUID.randomUUID().toString()).is(1).err())
                .isEqualTo("bx: There is no such batch export.%n".formatted());
    }

    @Test
    void whatTheServerRefusesIsToldFieldByField() throws IOException {
        String document = yaml("wrong", "HOUR").replace("bucket_name: ", "bucket_name: UPPER_CASE #");

        Bx.Result refused = bx.run("export", "create", "-f", file(document)).is(1);

        assertThat(refused.err().lines().toList())
                .hasSize(3)
                .startsWith("bx: The server refuses this: change 2 fields.")
                .anyMatch(line -> line.startsWith("  /destination/config/bucket_name  may hold lower-case letters"))
                .anyMatch(line -> line.startsWith("  /interval                        must be hour, day, week or"));
    }

    @Test
    void aCommandLineThatIsWrongIsToldWithTheNearestWordAndStatus2() {
        assertThat(bx.run("exprot").is(2).err()).contains("There is no command `bx exprot`. Did you mean `export`?");
        assertThat(bx.run("run", "lgos").is(2).err())
                .contains("There is no command `bx run lgos`. Did you mean `logs`?");
        assertThat(bx.run("run", "list", "x", "--stauts", "Failed").is(2).err())
                .contains("There is no option --stauts. Did you mean --status?", "See `bx run list --help`.");
        assertThat(Bx.type("backfill").is(2).err()).contains("plan, create, list, get, cancel, pause or resume");
        assertThat(bx.run("backfill", "create", "x").is(2).err()).contains("--end");
        assertThat(bx.run("run", "list", "x", "--start", "lately").is(2).err())
                .contains("\"lately\" is not a time: write 2026-11-01T00:00:00Z");
        assertThat(Bx.type("export", "create", "--help").is(0).out())
                .contains("Usage: bx export create", "--interval", "For example:");
        assertThat(Bx.type("--help").is(0).out()).contains("export", "doctor", "apply");
    }

    @Test
    void aServerThatDoesNotAnswerOrAWrongTokenIsToldWithWhatToDo() {
        Bx nobody = new Bx("http://127.0.0.1:9", "t", 1);
        assertThat(nobody.run("export", "list").is(1).err())
                .isEqualTo("bx: No server answers at http://127.0.0.1:9. Start it with `./bx dev` or `./bx server`, or"
                        + " name another with --server or BX_API_URL.%n".formatted());

        Bx stranger = new Bx(TestServer.get().url(), "bxt_wrong", 1);
        assertThat(stranger.run("export", "list").is(1).err())
                .isEqualTo("bx: The token is unknown or has expired. Set BX_API_TOKEN or --token to a token of %s.%n"
                        .formatted(TestServer.get().url()));

        Bx clickHouse = new Bx(TestServer.get().connections().clickhouseUrl(), "t", 1);
        assertThat(clickHouse.run("export", "list").is(1).err()).contains("is not a Batch Exports server");
    }

    @Test
    void runsAreListedShownRetriedAndCancelled() {
        String export = create("with runs");
        Runs runs = new Runs(export);
        Run first = runs.completed(MIDNIGHT, 1_234);
        runs.failed(MIDNIGHT.plusSeconds(3_600));

        assertThat(bx.run("run", "list", "with runs").is(0).lines().getFirst())
                .startsWith("RUN ")
                .contains("INTERVAL", "STATUS", "ROWS", "ERROR");
        assertThat(bx.run("run", "list", "with runs", "--status", "Failed")
                        .is(0)
                        .lines())
                .hasSize(2)
                .anyMatch(line -> line.contains("Failed") && line.endsWith("NoSuchBucket"));
        assertThat(bx.run("run", "list", "with runs", "--status", "Completed", "-o", "json")
                        .is(0)
                        .json()
                        .size())
                .isEqualTo(1);
        assertThat(bx.run("run", "get", "with runs", "latest").is(0).out())
                .contains("Error ", "The bucket does not exist. (NoSuchBucket)", "To do ", "Create it.");
        assertThat(bx.run("run", "files", "with runs", first.id().toString())
                        .is(0)
                        .out())
                .contains("1,234  2.5 KB  crc32c:x");

        assertThat(bx.run("run", "retry", "with runs", first.id().toString())
                        .is(0)
                        .out())
                .contains("exports the interval", "again.");
        assertThat(bx.run("run", "retry", "with runs", first.id().toString())
                        .is(1)
                        .err())
                .startsWith("bx: ")
                .hasLineCount(1);
        assertThat(bx.run("run", "cancel", "with runs", "nosuch").is(1).err()).contains("has no run");
    }

    @Test
    void waitingShowsHowARunEnded() throws InterruptedException {
        String export = create("to wait for");
        Runs runs = new Runs(export);
        Run failed = runs.failed(MIDNIGHT);
        Thread worker = Thread.ofVirtual().start(() -> {
            String fresh = "";
            while (fresh.isEmpty()) {
                fresh = client.get(export + "/runs/?status=Starting")
                        .json()
                        .at("/results/0/id")
                        .asString("");
            }
            runs.finish(fresh, RunStatus.FAILED);
        });

        Bx.Result result = bx.run("run", "retry", "to wait for", failed.id().toString(), "--wait")
                .is(1);
        worker.join();

        assertThat(result.out()).contains("Status      Failed");
    }

    @Test
    void backfillsArePlannedCreatedListedAndCancelled() {
        create("past");
        TestServer.get().insertEvents(client.project(), MIDNIGHT.plusSeconds(60), MIDNIGHT.plusSeconds(4_000));

        assertThat(bx.run("backfill", "plan", "past", "--start", "2026-03-01", "--end", "2026-03-01T03:00:00Z")
                        .is(0)
                        .lines())
                .contains("Intervals          3", "Runs to start      3", "Rows               2");
        assertThat(bx.run("backfill", "create", "past", "--start", "2026-03-01", "--end", "2026-03-02")
                        .is(0)
                        .out())
                .contains("exports ");
        assertThat(bx.run("backfill", "list", "past").is(0).lines()).hasSize(2).anyMatch(line -> line.contains("all"));
        assertThat(bx.run("backfill", "pause", "past", "latest").is(0).out()).contains("is paused");
        assertThat(bx.run("backfill", "get", "past").is(0).out()).contains("Status    Paused");
        assertThat(bx.run("backfill", "cancel", "past", "latest").is(0).out()).contains("is cancelled");
        assertThat(bx.run("backfill", "cancel", "past", "latest").is(1).err()).startsWith("bx: ");
    }

    @Test
    void applyingAFileTwiceChangesNothingAndADryRunOnlyTells() throws IOException {
        String file = file(yaml("first", "hour") + "---\n" + yaml("second", "day"));

        assertThat(bx.run("apply", "-f", file, "--dry-run").is(0).out())
                .contains("first: would be created", "  + interval: hour", "aws_secret_access_key: (secret)")
                .doesNotContain(String.valueOf(ApiClient.config(hourlyExport()).get("aws_secret_access_key")));
        assertThat(bx.run("export", "list", "-o", "json").is(0).out().strip()).isEqualTo("[]");

        assertThat(bx.run("apply", "-f", file).is(0).out()).containsPattern("first \\(.*\\): created");
        String before = client.get("").body();
        assertThat(bx.run("apply", "-f", file).is(0).out())
                .containsPattern("first \\(.*\\): unchanged")
                .containsPattern("second \\(.*\\): unchanged");
        assertThat(client.get("").body()).isEqualTo(before);
    }

    @Test
    void applyingChangesWhatDiffersAndWhatWasPrintedCanBeAppliedAgain() throws IOException {
        bx.run("apply", "-f", file(yaml("first", "hour"))).is(0);

        String changed = file(yaml("first", "day").replace("cli-tests", "elsewhere"));
        assertThat(bx.run("apply", "-f", changed, "--dry-run").is(0).out())
                .containsPattern("first \\(.*\\): would be changed")
                .contains("  ~ interval: hour -> day", "  ~ destination.config.prefix: cli-tests -> elsewhere");
        JsonNode outcome =
                bx.run("apply", "-f", changed, "-o", "json").is(0).json().get(0);
        assertThat(outcome.get("action").stringValue()).isEqualTo("changed");

        String printed = bx.run("export", "get", "first", "-o", "yaml").is(0).out();
        assertThat(bx.run("apply", "-f", file(printed)).is(0).out()).contains("unchanged");

        String otherSecret = file(yaml("first", "day")
                .replace("cli-tests", "elsewhere")
                .replaceAll("aws_secret_access_key: .*", "aws_secret_access_key: another"));
        assertThat(bx.run("apply", "-f", otherSecret).is(0).out()).contains(": changed", "its secrets");
    }

    @Test
    void applyTellsWhichDocumentsFailAndAppliesTheOthers() throws IOException {
        String file = file(yaml("good", "hour") + "---\n" + yaml("bad", "fortnight"));

        Bx.Result result = bx.run("apply", "-f", file).is(1);

        assertThat(result.out()).containsPattern("good \\(.*\\): created").contains("bad: failed", "/interval");
        assertThat(bx.run("apply", "-f", file("interval: hour")).is(1).err()).contains("document 1, needs a name");
        assertThat(bx.run(
                                "apply",
                                "-f",
                                file(yaml("a", "hour").replaceAll("bucket_name: .*", "bucket_name: \\${BX_NO_SUCH}")))
                        .is(1)
                        .err())
                .contains("at /destination/config/bucket_name: the environment variable BX_NO_SUCH is not set.");
    }

    @Test
    void theDoctorNamesEachDependencyAndWhatToChange() {
        assertThat(bx.run("doctor").is(0).lines())
                .anyMatch(line -> line.matches("ok      server +answers at .*"))
                .anyMatch(line -> line.matches("ok      database +ready"))
                .anyMatch(line -> line.matches("ok      clickhouse +ready"));

        Bx.Result stranger =
                new Bx(TestServer.get().url(), "bxt_wrong", 1).run("doctor").is(1);
        assertThat(stranger.out())
                .containsPattern("WRONG   token +The token is unknown")
                .contains("1 thing to mend.");

        Bx.Result nobody = new Bx("http://127.0.0.1:9", "t", 1).run("doctor").is(1);
        assertThat(nobody.out()).containsPattern("WRONG   server +No server answers");
    }

    @Test
    void theDoctorMeasuresWhatClickHouseReadsForEachExportAndSaysWhatToChange() {
        String table = "unordered_" + client.project();
        TestServer server = TestServer.get();
        server.clickHouse("CREATE TABLE " + table + " (uuid UUID, event String, inserted_at DateTime64(6, 'UTC'))"
                + " ENGINE = MergeTree ORDER BY event");
        server.clickHouse("INSERT INTO " + table + " SELECT generateUUIDv4(), toString(number % 9),"
                + " now64(6) - toIntervalMinute(number % 9999) FROM numbers(400000)");
        create("of events");
        create("of events too");
        Map<String, Object> scanned = new HashMap<>(hourlyExport());
        scanned.put("name", "of a table without order");
        scanned.put("model", Map.of("table", table));
        client.create(scanned);

        Bx.Result doctor = bx.run("doctor").is(1);

        assertThat(doctor.lines())
                .anyMatch(
                        line -> line.matches(
                                "ok      reading for of events( too)? and 1 other +ClickHouse reads .* the table suits exports\\."))
                .anyMatch(line -> line.matches("WRONG   reading for of a table without order +ClickHouse reads 400,000"
                        + " rows to find .*: every run scans a great part of the table\\."))
                .anyMatch(line -> line.contains("ORDER BY (`inserted_at`, ...)")
                        && line.contains("PARTITION BY toDate(`inserted_at`)")
                        && line.contains("ALTER TABLE `" + table + "` ADD INDEX landing_time"));
        assertThat(doctor.out()).contains("1 thing to mend.");
    }

    @Test
    void theLogIsShownOldestFirst() {
        String export = create("with a log");
        LogStore logs = TestServer.get().bean(LogStore.class);
        for (int second = 0; second < 3; second++) {
            logs.append(
                    UUID.fromString(export),
                    null,
                    LogLevel.INFO,
                    "plan",
                    "line " + second,
                    MIDNIGHT.plusSeconds(second));
        }

        assertThat(bx.run("logs", "with a log").is(0).lines())
                .containsExactly(
                        "TIME                  LEVEL  STAGE  MESSAGE",
                        "2026-03-01T00:00:00Z  INFO   plan   line 0",
                        "2026-03-01T00:00:01Z  INFO   plan   line 1",
                        "2026-03-01T00:00:02Z  INFO   plan   line 2");
        assertThat(bx.run("run", "logs", "with a log", "--after", "2026-03-01T00:00:01Z")
                        .is(0)
                        .lines())
                .hasSize(2);
    }

    @Test
    void followingShowsLinesAsTheyComeUntilTheRunHasFinished() {
        String export = create("to follow");
        Runs runs = new Runs(export);
        Run run = runs.starting(MIDNIGHT);
        LogStore logs = TestServer.get().bean(LogStore.class);
        UUID exportId = UUID.fromString(export);
        logs.append(exportId, run.id(), LogLevel.INFO, "start", "begins", MIDNIGHT.plusSeconds(2));
        StringWriter out = new StringWriter();
        Thread worker = Thread.ofVirtual().start(() -> {
            Awaitility.await()
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> out.toString().contains("begins"));
            // from a process whose clock is behind
            logs.append(exportId, run.id(), LogLevel.INFO, "plan", "goes on", MIDNIGHT.plusSeconds(1));
            runs.finish(run.id().toString(), RunStatus.COMPLETED);
        });

        bx.runTo(out, "run", "logs", "to follow", "latest", "--follow").is(0);

        assertThat(worker).satisfies(Thread::join);
        assertThat(out.toString().lines())
                .containsExactly(
                        "2026-03-01T00:00:02Z  INFO     start     begins",
                        "2026-03-01T00:00:01Z  INFO     plan      goes on");
    }
}
