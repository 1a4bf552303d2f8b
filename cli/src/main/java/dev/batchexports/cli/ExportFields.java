package dev.batchexports.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// The fields of an export, from a file and from options; options come first.
final class ExportFields {
    @Option(
            names = {"-f", "--file"},
            paramLabel = "FILE",
            description = "YAML or JSON with the fields of the API; - for standard input.")
    private @Nullable String file;

    @Option(names = "--name", paramLabel = "NAME", description = "How people call it.")
    private @Nullable String name;

    @Option(names = "--model", paramLabel = "MODEL", description = "What to export: events.")
    private @Nullable String model;

    @Option(names = "--table", paramLabel = "TABLE", description = "What to export, instead of a model: a table.")
    private @Nullable String table;

    @Option(
            names = "--landing-time-column",
            paramLabel = "COLUMN",
            description = "With --table: the column that says when a row landed.")
    private @Nullable String landingTimeColumn;

    @Option(
            names = "--interval",
            paramLabel = "INTERVAL",
            description = "hour, day, week or \"every N minutes\" (5, 10, 15, 20, 30).")
    private @Nullable String interval;

    @Option(names = "--timezone", paramLabel = "ZONE", description = "In which days and weeks begin: Europe/Berlin.")
    private @Nullable String timezone;

    @Option(
            names = "--start-at",
            paramLabel = "TIME",
            converter = Moment.Converter.class,
            description = "The schedule starts with the first whole interval at or after it.")
    private @Nullable Moment startAt;

    @Option(
            names = "--end-at",
            paramLabel = "TIME",
            converter = Moment.Converter.class,
            description = "Nothing that landed at or after it is exported.")
    private @Nullable Moment endAt;

    @Option(names = "--include-event", paramLabel = "EVENT", description = "Only events of this name; repeatable.")
    private @Nullable List<String> includeEvents;

    @Option(names = "--exclude-event", paramLabel = "EVENT", description = "No events of this name; repeatable.")
    private @Nullable List<String> excludeEvents;

    @Option(names = "--destination", paramLabel = "TYPE", description = "The type of the destination: S3.")
    private @Nullable String destination;

    @Option(
            names = {"-c", "--config"},
            paramLabel = "NAME=VALUE",
            description = "A parameter of the destination, such as bucket_name=my-exports; repeatable."
                    + " '$${NAME}' in a value stands for an environment variable.")
    private @Nullable Map<String, String> config;

    @Option(names = "--paused", description = "Paused, until it is unpaused.")
    private boolean paused;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec = CommandSpec.create();

    /// @param typeOfNow the destination type of the export that is changed; empty for a new one
    ObjectNode read(Api api, String typeOfNow) {
        Documents documents = new Documents(System.getenv());
        ObjectNode fields = JsonNodeFactory.instance.objectNode();
        if (file != null) {
            List<ObjectNode> read = documents.read(file);
            if (read.size() > 1) {
                throw new CommandFailure(file + " holds " + read.size() + " exports: use `bx apply -f` for several.");
            }
            fields.setAll(Difference.writable(read.getFirst()));
        }
        put(fields, "name", name);
        put(fields, "model", model);
        if (table != null) {
            put(fields.putObject("model").put("table", table), "landing_time_column", landingTimeColumn);
        }
        put(fields, "interval", interval);
        put(fields, "timezone", timezone);
        put(fields, "start_at", startAt == null ? null : startAt.toString());
        put(fields, "end_at", endAt == null ? null : endAt.toString());
        put(fields, "include_events", includeEvents);
        put(fields, "exclude_events", excludeEvents);
        if (paused) {
            fields.put("paused", true);
        }
        if (destination != null || config != null) {
            destination(fields, api, documents, typeOfNow);
        }
        if (fields.isEmpty()) {
            throw new ParameterException(
                    spec.commandLine(), "Say what the export is to be: by options such as --name, or by --file.");
        }
        return fields;
    }

    private void destination(ObjectNode fields, Api api, Documents documents, String typeOfNow) {
        ObjectNode target =
                fields.path("destination") instanceof ObjectNode given ? given : fields.putObject("destination");
        String type = destination == null ? target.path("type").asString(typeOfNow) : destination;
        target.put("type", type);
        if (config != null) {
            ObjectNode parameters =
                    target.path("config") instanceof ObjectNode given ? given : target.putObject("config");
            DestinationTypes types = new DestinationTypes(api);
            new LinkedHashMap<>(config)
                    .forEach((parameter, text) -> parameters.set(
                            parameter,
                            types.value(type, parameter, documents.resolved(text, "--config " + parameter))));
        }
    }

    private static void put(ObjectNode fields, String field, @Nullable String value) {
        if (value != null) {
            fields.put(field, value);
        }
    }

    private static void put(ObjectNode fields, String field, @Nullable List<String> values) {
        if (values != null) {
            JsonNode list = JsonNodeFactory.instance
                    .arrayNode()
                    .addAll(values.stream()
                            .<JsonNode>map(JsonNodeFactory.instance::stringNode)
                            .toList());
            fields.set(field, list);
        }
    }
}
