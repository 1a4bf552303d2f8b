package dev.batchexports.cli;

import java.io.Console;
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
import tools.jackson.databind.node.ObjectNode;

/// `bx export`: what is exported where, and how often.
@Command(
        name = "export",
        mixinStandardHelpOptions = true,
        description = "Batch exports: what is exported where, and how often.",
        footer = {"", "EXPORT is the name of a batch export, its id or the beginning of its id."})
final class ExportCommands implements Runnable {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "Name what to do with exports: list, get, create, update, pause, unpause, delete, test or schedule.");
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists the exports of a project.")
    int list(
            @Mixin Client client,
            @Option(names = "--search", paramLabel = "TEXT", description = "Only those with this text in their name.")
                    @Nullable
                    String search,
            @Option(
                            names = "--status",
                            paramLabel = "STATUS",
                            description = "Only those that are active, paused or ended.")
                    @Nullable
                    String status,
            @Mixin Limit limit) {
        Map<String, List<String>> query = new LinkedHashMap<>();
        query.put("search", search == null ? List.of() : List.of(search));
        query.put("status", status == null ? List.of() : List.of(status));
        List<Answer> exports = client.api().list(client.api().exports(), query, limit.count());
        Words words = client.words();
        String none = query.values().stream().allMatch(List::isEmpty)
                ? "Project " + client.api().project()
                        + " has no exports. `bx export create --help` says how to make one."
                : "Project " + client.api().project() + " has no such exports.";
        client.output().list(exports, none, () -> {
            UnaryOperator<String> shortId = Lookup.shortIds(exports);
            Table table =
                    new Table("EXPORT", "NAME", "MODEL", "DESTINATION", "INTERVAL", "STATUS", "LAST RUN", "ENDED");
            exports.forEach(export -> {
                Optional<Answer> last = export.list("latest_runs").stream().findFirst();
                table.row(
                        shortId.apply(export.id()),
                        export.text("name"),
                        model(export),
                        export.object("destination")
                                .map(destination -> destination.text("type"))
                                .orElse(""),
                        export.text("interval"),
                        export.text("status"),
                        last.map(run -> run.text("status")).orElse("-"),
                        words.age(last.flatMap(run -> run.time("finished_at"))));
            });
            return table;
        });
        return 0;
    }

    @Command(name = "get", mixinStandardHelpOptions = true, description = "Shows an export.")
    int get(
            @Mixin Client client,
            @Parameters(paramLabel = "EXPORT", description = "Its name, or its id.") String export) {
        show(client, client.lookup().export(export));
        return 0;
    }

    @Command(
            name = "create",
            mixinStandardHelpOptions = true,
            description = "Creates an export.",
            footer = {
                "",
                "For example:",
                "",
                "  bx export create --name 'events every hour' --model events --interval hour --destination S3 \\",
                "    -c bucket_name=my-exports -c region=eu-central-1 -c prefix=events \\",
                "    -c aws_access_key_id='${AWS_ACCESS_KEY_ID}' -c aws_secret_access_key='${AWS_SECRET_ACCESS_KEY}'"
            })
    int create(@Mixin Client client, @Mixin ExportFields fields) {
        Answer export = client.api().post(client.api().exports(), fields.read(client.api(), ""));
        client.output()
                .result(
                        export,
                        "Export \"" + export.text("name") + "\" is created: " + export.id() + ". `bx export test "
                                + export.id() + "` tries its connections.");
        return 0;
    }

    @Command(
            name = "update",
            mixinStandardHelpOptions = true,
            description = "Changes an export. What is not named stays as it is, secrets included.")
    int update(
            @Mixin Client client,
            @Parameters(paramLabel = "EXPORT", description = "Its name, or its id.") String export,
            @Mixin ExportFields fields) {
        Lookup lookup = client.lookup();
        Answer found = lookup.export(export);
        String type = found.object("destination")
                .map(destination -> destination.text("type"))
                .orElse("");
        Answer changed = client.api().patch(lookup.path(found), fields.read(client.api(), type));
        client.output()
                .result(
                        changed,
                        "Export \"" + changed.text("name") + "\" "
                                + (changed.text("last_updated_at").equals(found.text("last_updated_at"))
                                        ? "is like that already."
                                        : "is changed."));
        return 0;
    }

    @Command(name = "pause", mixinStandardHelpOptions = true, description = "Stops the schedule; what runs goes on.")
    int pause(
            @Mixin Client client,
            @Parameters(paramLabel = "EXPORT", description = "Its name, or its id.") String export) {
        Lookup lookup = client.lookup();
        Answer paused = client.api().post(lookup.path(lookup.export(export)) + "pause/");
        client.output().result(paused, "Export \"" + paused.text("name") + "\" is paused.");
        return 0;
    }

    /// Whether an unpaused export is to export what it missed.
    static final class CatchUp {
        @Option(names = "--backfill", description = "Export what was missed, by a backfill.")
        private boolean wanted;
    }

    @Command(name = "unpause", mixinStandardHelpOptions = true, description = "Starts the schedule again.")
    int unpause(
            @Mixin Client client,
            @Parameters(paramLabel = "EXPORT", description = "Its name, or its id.") String export,
            @Mixin CatchUp catchUp) {
        Lookup lookup = client.lookup();
        Answer active =
                client.api().post(lookup.path(lookup.export(export)) + "unpause/", Map.of("backfill", catchUp.wanted));
        client.output().result(active, "Export \"" + active.text("name") + "\" is " + active.text("status") + ".");
        return 0;
    }

    /// Whether somebody is sure.
    static final class Confirmation {
        @Option(
                names = {"-y", "--yes"},
                description = "Do not ask.")
        private boolean given;

        @Spec(Spec.Target.MIXEE)
        private CommandSpec spec = CommandSpec.create();

        boolean of(String question) {
            if (given) {
                return true;
            }
            Console console = Optional.ofNullable(System.console())
                    .filter(Console::isTerminal)
                    .orElseThrow(
                            () -> new ParameterException(spec.commandLine(), "Say --yes: there is nobody to ask."));
            String answer = console.readLine("%s [y/N] ", question);
            return answer != null && answer.strip().equalsIgnoreCase("y");
        }
    }

    @Command(
            name = "delete",
            mixinStandardHelpOptions = true,
            description = "Deletes an export, cancels its runs and backfills. What it exported stays.")
    int delete(
            @Mixin Client client,
            @Parameters(paramLabel = "EXPORT", description = "Its name, or its id.") String export,
            @Mixin Confirmation confirmation) {
        Lookup lookup = client.lookup();
        Answer found = lookup.export(export);
        String name = "\"" + found.text("name") + "\"";
        if (!confirmation.of(
                "Delete the export " + name + " of project " + client.api().project() + "?")) {
            client.err().println("Nothing is deleted.");
            return 1;
        }
        client.api().delete(lookup.path(found));
        client.output().result(found, "Export " + name + " is deleted. What it exported stays.");
        return 0;
    }

    @Command(
            name = "test",
            mixinStandardHelpOptions = true,
            description = "Tries to read the model and to write to the destination, and stores nothing.")
    int test(
            @Mixin Client client,
            @Parameters(
                            paramLabel = "EXPORT",
                            arity = "0..1",
                            description = "Its name, or its id; or else --file for one that does not exist yet.")
                    @Nullable
                    String export,
            @Option(
                            names = {"-f", "--file"},
                            paramLabel = "FILE",
                            description = "YAML or JSON of an export, or of what to change about EXPORT.")
                    @Nullable
                    String file) {
        if (export == null && file == null) {
            throw new ParameterException(
                    client.spec().commandLine(), "Name an export, or a file that describes one with --file.");
        }
        List<ObjectNode> given = file == null ? List.of() : new Documents(System.getenv()).read(file);
        if (given.size() > 1) {
            throw new CommandFailure(file + " holds " + given.size() + " exports: test one at a time.");
        }
        Map<String, Object> body = new LinkedHashMap<>();
        given.forEach(document -> Difference.writable(document)
                .properties()
                .forEach(field -> body.put(field.getKey(), field.getValue())));
        if (export != null) {
            body.put("id", client.lookup().export(export).id());
        }
        Answer outcome = client.api().post(client.api().exports() + "test/", body);
        List<Answer> steps = outcome.list("steps");
        if (client.output().isReadable()) {
            steps.forEach(step -> {
                client.out().printf("%-7s  %s%n", step.text("status"), step.text("description"));
                if (!step.text("message").isEmpty()) {
                    client.out().printf("         %s%n", (step.text("message") + " " + step.text("fix")).strip());
                }
            });
            client.out().flush();
        } else {
            client.output().list(steps, "", () -> new Table());
        }
        return steps.stream().allMatch(step -> step.text("status").equals("Passed")) ? 0 : 1;
    }

    @Command(name = "schedule", mixinStandardHelpOptions = true, description = "Shows the next runs.")
    int schedule(
            @Mixin Client client,
            @Parameters(paramLabel = "EXPORT", description = "Its name, or its id.") String export,
            @Option(
                            names = "--count",
                            paramLabel = "N",
                            defaultValue = "5",
                            description = "How many (default: ${DEFAULT-VALUE}).")
                    int count) {
        Lookup lookup = client.lookup();
        Answer found = lookup.export(export);
        List<Answer> runs = client.api()
                .get(lookup.path(found) + "schedule/?count=" + count)
                .list("results");
        Words words = client.words();
        client.output()
                .list(
                        runs,
                        "\"" + found.text("name") + "\" is " + found.text("status") + ": nothing is scheduled.",
                        () -> {
                            Table table = new Table("INTERVAL", "RUNS AT", "");
                            runs.forEach(run -> table.row(
                                    RunCommands.interval(run, words),
                                    run.time("scheduled_at").map(words::time).orElse("-"),
                                    words.age(run.time("scheduled_at"))));
                            return table;
                        });
        if (found.text("status").equals("paused") && !runs.isEmpty()) {
            client.output().say("It is paused: none of them runs before it is unpaused.");
        }
        return 0;
    }

    private static void show(Client client, Answer export) {
        Words words = client.words();
        client.output().object(export, () -> {
            Map<String, String> lines = new LinkedHashMap<>();
            lines.put("Export", export.id());
            lines.put("Name", export.text("name"));
            lines.put("Status", export.text("status") + pauseReason(export));
            lines.put("Model", model(export));
            export.object("destination").ifPresent(destination -> {
                lines.put("Destination", destination.text("type"));
                destination
                        .object("config")
                        .ifPresent(config -> config.json()
                                .properties()
                                .forEach(parameter -> lines.put(
                                        "  " + parameter.getKey(),
                                        parameter
                                                .getValue()
                                                .asString(parameter.getValue().toString()))));
            });
            lines.put("Interval", interval(export));
            lines.put("Events", events(export));
            lines.put("From", export.time("start_at").map(words::time).orElse(""));
            lines.put("Until", export.time("end_at").map(words::time).orElse(""));
            lines.put("Done again", export.text("rerun_mode"));
            lines.put("Settles for", Words.counted(export.number("settle_seconds"), "second"));
            lines.put("Created", words.timeAndAge(export.time("created_at")));
            lines.put("Changed", words.timeAndAge(export.time("last_updated_at")));
            List<Answer> runs = export.list("latest_runs");
            UnaryOperator<String> shortId = Lookup.shortIds(runs);
            for (int index = 0; index < Math.min(5, runs.size()); index++) {
                Answer run = runs.get(index);
                lines.put(
                        index == 0 ? "Latest runs" : " ".repeat(index),
                        shortId.apply(run.id()) + "  " + RunCommands.interval(run, words) + "  "
                                + run.text("status") + "  "
                                + Words.counted(run.number("records_completed"), "row"));
            }
            return lines;
        });
    }

    private static String pauseReason(Answer export) {
        String reason = export.text("pause_reason");
        return reason.isEmpty() ? "" : ": " + reason;
    }

    private static String interval(Answer export) {
        StringBuilder text = new StringBuilder(export.text("interval"));
        if (export.count("offset_day").isPresent()) {
            text.append(", from day ").append(export.number("offset_day"));
        }
        if (export.count("offset_hour").isPresent()) {
            text.append(", from %02d:00".formatted(export.number("offset_hour")));
        }
        return text.append(" in ").append(export.text("timezone")).toString();
    }

    private static String events(Answer export) {
        StringBuilder text = new StringBuilder();
        List<String> included = names(export, "include_events");
        List<String> excluded = names(export, "exclude_events");
        if (!included.isEmpty()) {
            text.append("only ").append(String.join(", ", included));
        }
        if (!excluded.isEmpty()) {
            text.append(text.isEmpty() ? "" : "; ").append("not ").append(String.join(", ", excluded));
        }
        return text.toString();
    }

    private static List<String> names(Answer export, String field) {
        return export.json()
                .path(field)
                .valueStream()
                .map(name -> name.asString(""))
                .toList();
    }

    private static String model(Answer export) {
        return export.object("model")
                .map(model -> model.text("table").isEmpty() ? "query " + model.text("name") : model.text("table"))
                .orElseGet(() -> export.text("model"));
    }
}
