package dev.batchexports.cli;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// `bx apply`: makes exports be as a file says.
@Command(
        name = "apply",
        mixinStandardHelpOptions = true,
        description = {
            "Creates the exports that a file describes, or changes those of the same name to be as it says.",
            "Applying a file again changes nothing."
        },
        footer = {
            "",
            "The file is YAML or JSON: one export, several documents, or a list. It has the fields of the API; what",
            "`bx export get NAME -o yaml` prints can be applied again. Fields that it leaves out stay as they are.",
            "In texts ${NAME} stands for an environment variable, so that the file holds no secret:",
            "",
            "  name: events every hour",
            "  model: events",
            "  interval: hour",
            "  destination:",
            "    type: S3",
            "    config:",
            "      bucket_name: my-exports",
            "      region: eu-central-1",
            "      aws_access_key_id: ${AWS_ACCESS_KEY_ID}",
            "      aws_secret_access_key: ${AWS_SECRET_ACCESS_KEY}"
        })
final class ApplyCommand implements Callable<Integer> {
    @Mixin
    private Client client = new Client();

    @Option(
            names = {"-f", "--file"},
            required = true,
            paramLabel = "FILE",
            description = "What to apply; - for standard input.")
    private String file = "";

    @Option(names = "--dry-run", description = "Only show what would change.")
    private boolean dryRun;

    private enum Action {
        CREATED("created", "would be created"),
        CHANGED("changed", "would be changed"),
        UNCHANGED("unchanged", "unchanged"),
        FAILED("failed", "would fail");

        private final String done;
        private final String planned;

        Action(String done, String planned) {
            this.done = done;
            this.planned = planned;
        }
    }

    private record Outcome(
            String name, String id, Action action, List<Difference.Change> changes, List<String> notes) {}

    @Override
    public Integer call() {
        List<ObjectNode> documents = new Documents(System.getenv()).read(file);
        checkNames(documents);
        DestinationTypes types = new DestinationTypes(client.api());
        List<Outcome> outcomes = new ArrayList<>();
        for (ObjectNode document : documents) {
            Outcome outcome = apply(Difference.writable(document), types);
            print(outcome);
            outcomes.add(outcome);
        }
        if (!client.output().isReadable()) {
            client.output().list(outcomes.stream().map(this::json).toList(), "", () -> new Table());
        }
        return outcomes.stream().anyMatch(outcome -> outcome.action() == Action.FAILED) ? 1 : 0;
    }

    private Outcome apply(ObjectNode document, DestinationTypes types) {
        String name = document.path("name").asString("");
        try {
            List<Answer> same =
                    client.api().list(client.api().exports(), Map.of("search", List.of(name)), Api.PAGE).stream()
                            .filter(export -> export.text("name").equals(name))
                            .toList();
            if (same.size() > 1) {
                throw new CommandFailure(
                        "There are " + same.size() + " exports of this name: give them different names with `bx export"
                                + " update ID --name NAME` first.",
                        same.stream().map(Answer::id).toList());
            }
            return same.isEmpty() ? create(name, document, types) : change(same.getFirst(), document, types);
        } catch (CommandFailure e) {
            return new Outcome(
                    name, "", Action.FAILED, List.of(), e.text().lines().toList());
        }
    }

    private Outcome create(String name, ObjectNode document, DestinationTypes types) {
        String id = dryRun
                ? ""
                : client.api().post(client.api().exports(), document).id();
        List<Difference.Change> fields = dryRun ? Difference.ofNew(document, types) : List.of();
        return new Outcome(name, id, Action.CREATED, fields, List.of());
    }

    private Outcome change(Answer export, ObjectNode document, DestinationTypes types) {
        Difference difference = Difference.between(export.json(), document, types);
        String name = export.text("name");
        boolean onlySecrets =
                difference.changes().isEmpty() && !difference.patch().isEmpty();
        if (difference.patch().isEmpty() || (dryRun && onlySecrets)) {
            return new Outcome(
                    name,
                    export.id(),
                    Action.UNCHANGED,
                    List.of(),
                    onlySecrets ? List.of("secrets are compared when this is applied") : List.of());
        }
        if (dryRun) {
            return new Outcome(name, export.id(), Action.CHANGED, difference.changes(), List.of());
        }
        Answer changed = client.api().patch(client.api().exports() + export.id() + "/", difference.patch());
        if (changed.text("last_updated_at").equals(export.text("last_updated_at"))) {
            return new Outcome(name, export.id(), Action.UNCHANGED, List.of(), List.of());
        }
        return new Outcome(
                name,
                export.id(),
                Action.CHANGED,
                difference.changes(),
                onlySecrets ? List.of("its secrets") : List.of());
    }

    private void checkNames(List<ObjectNode> documents) {
        Set<String> names = new HashSet<>();
        for (int index = 0; index < documents.size(); index++) {
            String where = file + ", document " + (index + 1) + ", ";
            String name = documents.get(index).path("name").asString("");
            if (name.isBlank()) {
                throw new CommandFailure(where + "needs a name: exports are found by it.");
            }
            if (!names.add(name)) {
                throw new CommandFailure(where + "has the name of an earlier one, \"" + name + "\".");
            }
        }
    }

    private void print(Outcome outcome) {
        String id = outcome.id().isEmpty() ? "" : " (" + outcome.id() + ")";
        Output output = client.output();
        output.say(outcome.name() + id + ": " + (dryRun ? outcome.action().planned : outcome.action().done));
        for (Difference.Change change : outcome.changes()) {
            output.say(
                    change.from().isEmpty()
                            ? "  + " + change.path() + ": " + change.to()
                            : "  ~ " + change.path() + ": " + change.from() + " -> "
                                    + (change.to().isEmpty() ? "(default)" : change.to()));
        }
        outcome.notes().forEach(note -> output.say("  " + note));
    }

    private Answer json(Outcome outcome) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("name", outcome.name());
        json.put("id", outcome.id());
        json.put("action", outcome.action().done);
        json.put("dry_run", dryRun);
        outcome.changes()
                .forEach(change -> json.withArray("changes")
                        .addObject()
                        .put("path", change.path())
                        .put("from", change.from())
                        .put("to", change.to()));
        outcome.notes().forEach(note -> json.withArray("notes").add(note));
        return new Answer(json);
    }
}
