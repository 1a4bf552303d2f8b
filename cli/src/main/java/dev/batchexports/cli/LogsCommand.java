package dev.batchexports.cli;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `bx logs`, and `bx run logs`: whoever looks for a log need not know whose it is.
@Command(
        name = "logs",
        mixinStandardHelpOptions = true,
        description = "Shows the log of a run, or of a whole export, oldest line first.")
final class LogsCommand implements Callable<Integer> {
    @Mixin
    private Client client = new Client();

    @Parameters(paramLabel = "EXPORT", index = "0", description = "Its name, or its id.")
    private String export = "";

    @Parameters(
            paramLabel = "RUN",
            index = "1",
            arity = "0..1",
            description = "Its id, or latest; left out, all runs of the export.")
    private @Nullable String run;

    @Option(
            names = "--level",
            split = ",",
            paramLabel = "LEVEL",
            description = "Only lines of these levels: DEBUG, INFO, WARNING, ERROR.")
    private @Nullable List<String> level;

    @Option(names = "--search", paramLabel = "TEXT", description = "Only lines that hold this text.")
    private @Nullable String search;

    @Option(
            names = "--after",
            paramLabel = "TIME",
            converter = Moment.Converter.class,
            description = "Only lines after it: " + Moment.FORMS + ".")
    private @Nullable Moment after;

    @Mixin
    private Limit limit = new Limit();

    @Mixin
    private Following following = new Following();

    @Override
    public Integer call() {
        Lookup lookup = client.lookup();
        Answer found = lookup.export(export);
        Optional<Answer> one = run == null ? Optional.empty() : Optional.of(lookup.run(found, run));
        String path = one.map(known -> RunCommands.path(client, known)).orElseGet(() -> lookup.path(found)) + "logs/";
        Map<String, List<String>> query = new LinkedHashMap<>();
        query.put("level", level == null ? List.of() : level);
        query.put("search", search == null ? List.of() : List.of(search));
        query.put("after", RunCommands.texts(after));
        List<Answer> lines = client.api().list(path, query, limit.count()).reversed();
        if (following.isWanted()) {
            follow(client, path, query, lines, one.map(known -> RunCommands.path(client, known)));
        } else {
            client.output().list(lines, "There are no such log lines.", () -> {
                Table table = new Table("TIME", "LEVEL", "STAGE", "MESSAGE");
                lines.forEach(line -> table.row(
                        line.text("timestamp"), line.text("level"), line.text("stage"), line.text("message")));
                return table;
            });
        }
        return 0;
    }

    /// Prints lines as they come: for ever, or until the run has finished. Processes whose clocks differ write
    /// to the same log, so that each look goes back a little further than the newest line.
    private static void follow(
            Client client, String path, Map<String, List<String>> query, List<Answer> first, Optional<String> run) {
        Set<Object> seen = new HashSet<>();
        Map<String, List<String>> further = new LinkedHashMap<>(query);
        List<Answer> lines = first;
        boolean last = false;
        while (true) {
            for (Answer line : lines) {
                if (seen.add(line.json())) {
                    print(client, line);
                    line.time("timestamp")
                            .ifPresent(time -> further.put(
                                    "after", List.of(time.minusSeconds(60).toString())));
                }
            }
            client.out().flush();
            if (last) {
                return;
            }
            Wait.pause();
            last = run.isPresent() && Wait.isFinished(client.api().get(run.get()));
            lines = new ArrayList<>(client.api().list(path, further, Api.PAGE)).reversed();
        }
    }

    private static void print(Client client, Answer line) {
        client.out()
                .println(
                        client.output().isReadable()
                                ? "%s  %-7s  %-8s  %s"
                                        .formatted(
                                                line.text("timestamp"),
                                                line.text("level"),
                                                line.text("stage"),
                                                line.text("message"))
                                : line.json().toString());
    }
}
