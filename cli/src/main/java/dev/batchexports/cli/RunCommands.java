package dev.batchexports.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `bx run`: what was exported, interval by interval.
@Command(
        name = "run",
        mixinStandardHelpOptions = true,
        description = "The runs of an export: one for each interval.",
        subcommands = LogsCommand.class,
        footer = {
            "",
            "EXPORT is the name of a batch export, its id or the beginning of its id.",
            "RUN is the id of a run, the beginning of it, or latest."
        })
final class RunCommands implements Runnable {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(), "Name what to do with runs: list, get, retry, cancel, logs or files.");
    }

    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description = "Lists the runs of an export, the newest interval first.")
    int list(
            @Mixin Client client,
            @Parameters(paramLabel = "EXPORT", description = "Its name, or its id.") String export,
            @Option(
                            names = "--status",
                            split = ",",
                            paramLabel = "STATUS",
                            description =
                                    "Only with these: Starting, Running, Completed, Failed, Cancelled, Terminated,"
                                            + " TimedOut.")
                    @Nullable
                    List<String> status,
            @Option(
                            names = "--start",
                            paramLabel = "TIME",
                            converter = Moment.Converter.class,
                            description = "Only intervals that start at or after it: " + Moment.FORMS + ".")
                    @Nullable
                    Moment start,
            @Option(
                            names = "--end",
                            paramLabel = "TIME",
                            converter = Moment.Converter.class,
                            description = "Only intervals that end at or before it.")
                    @Nullable
                    Moment end,
            @Option(names = "--backfill", paramLabel = "BACKFILL", description = "Only those of this backfill.")
                    @Nullable
                    String backfill,
            @Mixin Limit limit) {
        Lookup lookup = client.lookup();
        Answer found = lookup.export(export);
        Map<String, List<String>> query = new LinkedHashMap<>();
        query.put("status", status == null ? List.of() : status);
        query.put("start", texts(start));
        query.put("end", texts(end));
        query.put(
                "backfill_id",
                backfill == null
                        ? List.of()
                        : List.of(lookup.backfill(found, backfill).id()));
        List<Answer> runs = client.api().list(lookup.path(found) + "runs/", query, limit.count());
        Words words = client.words();
        client.output().list(runs, "\"" + found.text("name") + "\" has no such runs.", () -> {
            UnaryOperator<String> shortId = Lookup.shortIds(runs);
            Table table = new Table("RUN", "INTERVAL", "STATUS", "BY", "ROWS>", "SIZE>", "FILES>", "CHANGED", "ERROR");
            runs.forEach(run -> table.row(
                    shortId.apply(run.id()),
                    interval(run, words),
                    run.text("status"),
                    run.text("trigger"),
                    Words.count(run.number("records_completed")),
                    Words.bytes(run.number("bytes_exported")),
                    Words.count(run.number("files_count")),
                    words.age(run.time("finished_at").or(() -> run.time("last_updated_at"))),
                    run.object("latest_error").map(error -> error.text("code")).orElse("")));
            return table;
        });
        return 0;
    }

    @Command(name = "get", mixinStandardHelpOptions = true, description = "Shows a run.")
    int get(
            @Mixin Client client,
            @Parameters(paramLabel = "EXPORT", description = "Its name, or its id.") String export,
            @Parameters(
                            paramLabel = "RUN",
                            defaultValue = "latest",
                            description = "Its id, or latest (default: ${DEFAULT-VALUE}).")
                    String run) {
        show(client, find(client, export, run));
        return 0;
    }

    @Command(
            name = "retry",
            mixinStandardHelpOptions = true,
            description = "Exports the interval of a run again, by a new run, with the export's present configuration.")
    int retry(
            @Mixin Client client,
            @Parameters(paramLabel = "EXPORT", description = "Its name, or its id.") String export,
            @Parameters(paramLabel = "RUN", description = "Its id, or latest.") String run,
            @Mixin Waiting waiting) {
        Answer retried = find(client, export, run);
        Answer fresh = client.api().post(path(client, retried) + "retry/");
        if (!waiting.isWanted()) {
            client.output()
                    .result(
                            fresh,
                            "Run " + fresh.id() + " exports the interval " + interval(fresh, client.words())
                                    + " again.");
            return 0;
        }
        Answer finished = new Wait(client).run(path(client, fresh));
        show(client, finished);
        return finished.text("status").equals("Completed") ? 0 : 1;
    }

    @Command(name = "cancel", mixinStandardHelpOptions = true, description = "Stops a run at its next step.")
    int cancel(
            @Mixin Client client,
            @Parameters(paramLabel = "EXPORT", description = "Its name, or its id.") String export,
            @Parameters(paramLabel = "RUN", description = "Its id, or latest.") String run) {
        Answer found = find(client, export, run);
        Answer cancelled = client.api().post(path(client, found) + "cancel/");
        client.output().result(cancelled, "Run " + cancelled.id() + " is being cancelled.");
        return 0;
    }

    @Command(name = "files", mixinStandardHelpOptions = true, description = "Lists the files that a run wrote.")
    int files(
            @Mixin Client client,
            @Parameters(paramLabel = "EXPORT", description = "Its name, or its id.") String export,
            @Parameters(
                            paramLabel = "RUN",
                            defaultValue = "latest",
                            description = "Its id, or latest (default: ${DEFAULT-VALUE}).")
                    String run) {
        Answer found = find(client, export, run);
        List<Answer> files = client.api().get(path(client, found) + "files/").list("results");
        client.output().list(files, "Run " + found.id() + " has written no files.", () -> {
            Table table = new Table("KEY", "ROWS>", "SIZE>", "CHECKSUM");
            files.forEach(file -> table.row(
                    file.text("key"),
                    Words.count(file.number("rows")),
                    Words.bytes(file.number("bytes")),
                    file.text("checksum")));
            return table;
        });
        return 0;
    }

    private static void show(Client client, Answer run) {
        Words words = client.words();
        client.output().object(run, () -> {
            Map<String, String> lines = new LinkedHashMap<>();
            lines.put("Run", run.id());
            lines.put("Interval", interval(run, words));
            lines.put("Status", run.text("status"));
            lines.put("Started by", run.text("trigger"));
            lines.put("Retry of", run.text("retry_of"));
            lines.put("Backfill", run.text("backfill_id"));
            lines.put("Attempt", Words.count(run.number("attempt")));
            lines.put(
                    "Next retry",
                    run.time("next_retry_at")
                            .map(time -> words.timeAndAge(Optional.of(time)))
                            .orElse(""));
            lines.put(
                    "Rows",
                    Words.count(run.number("records_completed"))
                            + (run.count("records_total_count").isPresent()
                                    ? " of " + Words.count(run.number("records_total_count"))
                                    : ""));
            lines.put("Size", Words.bytes(run.number("bytes_exported")));
            lines.put("Files", Words.count(run.number("files_count")));
            lines.put("Created", words.timeAndAge(run.time("created_at")));
            lines.put(
                    "Finished",
                    run.time("finished_at")
                            .map(time -> words.timeAndAge(Optional.of(time)))
                            .orElse(""));
            run.object("latest_error").ifPresent(error -> {
                lines.put("Error", error.text("message") + " (" + error.text("code") + ")");
                lines.put("To do", error.text("fix"));
            });
            lines.put("Workflow", run.text("workflow_id"));
            return lines;
        });
    }

    static String interval(Answer run, Words words) {
        return run.time("data_interval_start")
                .flatMap(start -> run.time("data_interval_end").map(end -> words.interval(start, end)))
                .orElse("-");
    }

    private static Answer find(Client client, String export, String run) {
        Lookup lookup = client.lookup();
        return lookup.run(lookup.export(export), run);
    }

    static String path(Client client, Answer run) {
        return client.api().exports() + run.text("batch_export_id") + "/runs/" + run.id() + "/";
    }

    static List<String> texts(@Nullable Moment moment) {
        return moment == null ? List.of() : List.of(moment.toString());
    }
}
