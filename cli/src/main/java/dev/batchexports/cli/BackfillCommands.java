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

/// `bx backfill`: exports past intervals.
@Command(
        name = "backfill",
        mixinStandardHelpOptions = true,
        description = "Backfills: exporting past intervals.",
        footer = {
            "",
            "EXPORT is the name of a batch export, its id or the beginning of its id.",
            "BACKFILL is the id of a backfill, the beginning of it, or latest."
        })
final class BackfillCommands implements Runnable {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "Name what to do with backfills: plan, create, list, get, cancel, pause or resume.");
    }

    /// Which past intervals.
    static final class Wish {
        @Option(
                names = "--start",
                paramLabel = "TIME",
                converter = Moment.Converter.class,
                description = "From the interval that holds it: " + Moment.FORMS + "; left out, the earliest data.")
        private @Nullable Moment start;

        @Option(
                names = "--end",
                paramLabel = "TIME",
                required = true,
                converter = Moment.Converter.class,
                description = "Until the interval that holds it.")
        private @Nullable Moment end;

        @Option(
                names = "--scope",
                paramLabel = "SCOPE",
                defaultValue = "all",
                description = "all, or gaps: those without a completed run (default: ${DEFAULT-VALUE}).")
        private String scope = "all";

        @Option(names = "--concurrency", paramLabel = "N", description = "How many runs at once (default: 2).")
        private @Nullable Integer concurrency;

        Map<String, Object> body() {
            Map<String, Object> body = new LinkedHashMap<>();
            if (start != null) {
                body.put("start_at", start.toString());
            }
            body.put("end_at", String.valueOf(end));
            body.put("scope", scope);
            if (concurrency != null) {
                body.put("concurrency", concurrency);
            }
            return body;
        }
    }

    @Command(
            name = "plan",
            mixinStandardHelpOptions = true,
            description = "Shows what a backfill would export, without doing it.")
    int plan(
            @Mixin Client client,
            @Parameters(paramLabel = "EXPORT", description = "Its name, or its id.") String export,
            @Mixin Wish wish) {
        Lookup lookup = client.lookup();
        Answer plan = client.api().post(lookup.path(lookup.export(export)) + "backfills/plan/", wish.body());
        Words words = client.words();
        client.output().object(plan, () -> {
            Map<String, String> lines = new LinkedHashMap<>();
            lines.put("From", plan.time("start_at").map(words::time).orElse(""));
            lines.put("Until", plan.time("end_at").map(words::time).orElse(""));
            lines.put("Intervals", Words.count(plan.number("intervals")));
            lines.put("Completed already", Words.count(plan.number("already_completed")));
            lines.put("Runs to start", Words.count(plan.number("runs")));
            lines.put("Rows", Words.count(plan.number("rows")));
            lines.put("Size", Words.bytes(plan.number("bytes")) + " before encoding");
            return lines;
        });
        return 0;
    }

    @Command(name = "create", mixinStandardHelpOptions = true, description = "Starts a backfill.")
    int create(
            @Mixin Client client,
            @Parameters(paramLabel = "EXPORT", description = "Its name, or its id.") String export,
            @Mixin Wish wish,
            @Mixin Waiting waiting) {
        Lookup lookup = client.lookup();
        String path = lookup.path(lookup.export(export)) + "backfills/";
        Answer backfill = client.api().post(path, wish.body());
        if (!waiting.isWanted()) {
            client.output()
                    .result(
                            backfill,
                            "Backfill " + backfill.id() + " exports " + range(backfill, client.words()) + ".");
            return 0;
        }
        Answer finished = new Wait(client).backfill(path + backfill.id() + "/");
        show(client, finished);
        return isCompleted(finished) ? 0 : 1;
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists the backfills of an export.")
    int list(
            @Mixin Client client,
            @Parameters(paramLabel = "EXPORT", description = "Its name, or its id.") String export,
            @Mixin Limit limit) {
        Lookup lookup = client.lookup();
        Answer found = lookup.export(export);
        List<Answer> backfills = client.api().list(lookup.path(found) + "backfills/", Map.of(), limit.count());
        Words words = client.words();
        client.output().list(backfills, "\"" + found.text("name") + "\" has no backfills.", () -> {
            UnaryOperator<String> shortId = Lookup.shortIds(backfills);
            Table table = new Table("BACKFILL", "RANGE", "SCOPE", "STATUS", "RUNS>", "FAILED>", "ROWS>", "CREATED");
            backfills.forEach(backfill -> table.row(
                    shortId.apply(backfill.id()),
                    range(backfill, words),
                    backfill.text("scope"),
                    backfill.text("status"),
                    runs(backfill),
                    Words.count(backfill.number("failed_runs")),
                    Words.count(backfill.number("total_records_count")),
                    words.age(backfill.time("created_at"))));
            return table;
        });
        return 0;
    }

    @Command(name = "get", mixinStandardHelpOptions = true, description = "Shows a backfill.")
    int get(
            @Mixin Client client,
            @Parameters(paramLabel = "EXPORT", description = "Its name, or its id.") String export,
            @Parameters(
                            paramLabel = "BACKFILL",
                            defaultValue = "latest",
                            description = "Its id, or latest (default: ${DEFAULT-VALUE}).")
                    String backfill) {
        show(client, client.api().get(path(client, export, backfill)));
        return 0;
    }

    @Command(
            name = "cancel",
            mixinStandardHelpOptions = true,
            description = "Stops a backfill, with the runs that it has started.")
    int cancel(
            @Mixin Client client,
            @Parameters(paramLabel = "EXPORT", description = "Its name, or its id.") String export,
            @Parameters(paramLabel = "BACKFILL", description = "Its id, or latest.") String backfill) {
        return change(client, path(client, export, backfill) + "cancel/", "is cancelled");
    }

    @Command(
            name = "pause",
            mixinStandardHelpOptions = true,
            description = "Lets a backfill start no further runs; what runs goes on.")
    int pause(
            @Mixin Client client,
            @Parameters(paramLabel = "EXPORT", description = "Its name, or its id.") String export,
            @Parameters(paramLabel = "BACKFILL", description = "Its id, or latest.") String backfill) {
        return change(client, path(client, export, backfill) + "pause/", "is paused");
    }

    @Command(name = "resume", mixinStandardHelpOptions = true, description = "Goes on with a paused backfill.")
    int resume(
            @Mixin Client client,
            @Parameters(paramLabel = "EXPORT", description = "Its name, or its id.") String export,
            @Parameters(paramLabel = "BACKFILL", description = "Its id, or latest.") String backfill) {
        return change(client, path(client, export, backfill) + "resume/", "goes on");
    }

    private static int change(Client client, String path, String outcome) {
        Answer backfill = client.api().post(path);
        client.output()
                .result(
                        backfill,
                        "Backfill " + backfill.id() + " " + outcome + ": " + runs(backfill) + " runs are finished.");
        return 0;
    }

    private static String path(Client client, String export, String backfill) {
        Lookup lookup = client.lookup();
        Answer found = lookup.export(export);
        return lookup.path(found) + "backfills/"
                + lookup.backfill(found, backfill).id() + "/";
    }

    private static void show(Client client, Answer backfill) {
        Words words = client.words();
        client.output().object(backfill, () -> {
            Map<String, String> lines = new LinkedHashMap<>();
            lines.put("Backfill", backfill.id());
            lines.put("Range", range(backfill, words));
            lines.put("Scope", backfill.text("scope"));
            lines.put("At once", Words.counted(backfill.number("concurrency"), "run"));
            lines.put("Status", backfill.text("status"));
            lines.put("Finished", runs(backfill) + " runs");
            lines.put("Failed", Words.counted(backfill.number("failed_runs"), "run"));
            lines.put("Rows", Words.count(backfill.number("total_records_count")));
            lines.put("Created", words.timeAndAge(backfill.time("created_at")));
            lines.put(
                    "Ended",
                    backfill.time("finished_at")
                            .map(time -> words.timeAndAge(Optional.of(time)))
                            .orElse(""));
            return lines;
        });
    }

    private static boolean isCompleted(Answer backfill) {
        return backfill.text("status").equals("Completed") && backfill.number("failed_runs") == 0;
    }

    private static String runs(Answer backfill) {
        return Words.count(backfill.number("finished_runs"))
                + (backfill.count("total_runs").isPresent() ? " of " + Words.count(backfill.number("total_runs")) : "");
    }

    private static String range(Answer backfill, Words words) {
        String end = backfill.time("end_at").map(words::time).orElse("-");
        return backfill.time("start_at")
                .flatMap(start -> backfill.time("end_at").map(until -> words.interval(start, until)))
                .orElse("the earliest data to " + end);
    }
}
