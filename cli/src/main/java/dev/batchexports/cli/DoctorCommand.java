package dev.batchexports.cli;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;

/// `bx doctor`: what is wrong, and what to change.
@Command(
        name = "doctor",
        mixinStandardHelpOptions = true,
        description = {
            "Checks the server, the token, everything that the server needs (PostgreSQL, ClickHouse, Temporal, workers),",
            "how much ClickHouse reads for the project's exports, and the BX_* variables of this shell, and says what to",
            "change. The exit status is 1 if anything is wrong."
        })
final class DoctorCommand implements Callable<Integer> {
    private static final int KEY_BYTES = 32;
    private static final int CONNECT_MILLISECONDS = 3_000;

    /// Each measurement counts an hour of rows, and takes up to a minute.
    private static final int MOST_MEASURED = 20;

    private static final int SEEN = 10_000;
    private static final List<String> SELECTION = List.of("model", "filters", "include_events", "exclude_events");

    private enum State {
        OK("ok"),
        /// It works, and could be better.
        ADVICE("advice"),
        WRONG("WRONG"),
        SKIPPED("-");

        private final String word;

        State(String word) {
            this.word = word;
        }
    }

    /// @param found what was found
    /// @param fix what to change; empty when there is nothing
    private record Check(String name, State state, String found, String fix) {}

    @Mixin
    private Client client = new Client();

    private final List<Check> checks = new ArrayList<>();

    @Override
    public Integer call() {
        server();
        environment(System.getenv());
        print();
        return checks.stream().anyMatch(check -> check.state() == State.WRONG) ? 1 : 0;
    }

    private void server() {
        Api api;
        try {
            api = client.api();
            api.send("GET", "/api/health/live", "");
        } catch (CommandFailure e) {
            wrong("server", String.valueOf(e.getMessage()), "");
            for (String name : List.of("token", "database", "clickhouse", "temporal", "workers")) {
                checks.add(new Check(name, State.SKIPPED, "not asked: no server answers", ""));
            }
            return;
        }
        ok("server", "answers at " + api.server().url());
        try {
            api.get(api.exports() + "?limit=1");
            ok("token", "is accepted for project " + api.project());
        } catch (CommandFailure e) {
            wrong("token", String.valueOf(e.getMessage()), "");
        }
        try {
            Answer ready = new Answer(new JsonMapper()
                    .readTree(api.send("GET", "/api/health/ready", "").body()));
            ready.json().path("dependencies").properties().forEach(dependency -> {
                Answer state = new Answer(dependency.getValue());
                if (state.text("status").equals("ok")) {
                    ok(dependency.getKey(), "ready");
                } else {
                    wrong(dependency.getKey(), state.text("message"), fix(dependency.getKey()));
                }
            });
        } catch (CommandFailure | JacksonException e) {
            wrong("server", "does not say whether it is ready: " + e.getMessage(), "Look into the server's log.");
        }
        if (checks.stream().noneMatch(check -> check.state() == State.WRONG)) {
            reading(api);
        }
    }

    /// How much ClickHouse reads for each export; once for those that select the same rows.
    private void reading(Api api) {
        Map<Map<String, JsonNode>, List<String>> exports = new LinkedHashMap<>();
        for (Answer export : api.list(api.exports(), Map.of(), SEEN)) {
            if (!export.text("status").equals("ended")) {
                Map<String, JsonNode> selection = new LinkedHashMap<>();
                SELECTION.forEach(field -> selection.put(field, export.json().path(field)));
                exports.computeIfAbsent(selection, _ -> new ArrayList<>()).add(export.text("name"));
            }
        }
        exports.entrySet().stream().limit(MOST_MEASURED).forEach(each -> measure(api, each.getKey(), each.getValue()));
        if (exports.size() > MOST_MEASURED) {
            checks.add(new Check(
                    "reading",
                    State.SKIPPED,
                    "not measured for %s that select other rows"
                            .formatted(Words.counted(exports.size() - MOST_MEASURED, "further export")),
                    ""));
        }
    }

    private void measure(Api api, Map<String, JsonNode> selection, List<String> exports) {
        String others = exports.size() == 1 ? "" : " and " + Words.counted(exports.size() - 1, "other");
        String name = "reading for " + exports.getFirst() + others;
        try {
            Answer advice = api.post(api.exports() + "read_advice/", selection);
            State state = switch (advice.text("verdict")) {
                case "good" -> State.OK;
                case "costly" -> State.ADVICE;
                default -> State.WRONG;
            };
            checks.add(new Check(name, state, advice.text("message"), advice.text("fix")));
        } catch (CommandFailure e) {
            wrong(name, String.valueOf(e.getMessage()), "");
        }
    }

    private static String fix(String dependency) {
        return switch (dependency) {
            case "database" ->
                "Start PostgreSQL, or correct BX_DATABASE_URL, BX_DATABASE_USER and BX_DATABASE_PASSWORD of the server.";
            case "clickhouse" ->
                "Start ClickHouse, or correct BX_CLICKHOUSE_URL, BX_CLICKHOUSE_USER, BX_CLICKHOUSE_PASSWORD and"
                        + " BX_CLICKHOUSE_DATABASE of the server and the workers.";
            case "temporal" ->
                "Start Temporal, or correct BX_TEMPORAL_ADDRESS and BX_TEMPORAL_NAMESPACE of the server and the workers.";
            case "workers" ->
                "Start a worker with `./bx worker`, with the same BX_TEMPORAL_* and BX_ENCRYPTION_KEYS as the server; if"
                        + " one runs, its log says why it does not reach Temporal.";
            default -> "Look into the server's log.";
        };
    }

    private void environment(Map<String, String> environment) {
        String keys = environment.getOrDefault("BX_ENCRYPTION_KEYS", "");
        if (keys.isBlank()) {
            checks.add(new Check(
                    "encryption keys",
                    State.SKIPPED,
                    "BX_ENCRYPTION_KEYS is not set in this shell; a server that answers has its own",
                    ""));
        } else {
            keys(keys);
        }
        address(environment, "BX_TEMPORAL_ADDRESS", 7233);
        address(environment, "BX_CLICKHOUSE_URL", 8123);
        address(environment, "BX_DATABASE_URL", 5432);
    }

    private void keys(String keys) {
        List<String> list = List.of(keys.split(",", -1));
        for (int index = 0; index < list.size(); index++) {
            int length;
            try {
                length = Base64.getDecoder().decode(list.get(index).strip()).length;
            } catch (IllegalArgumentException e) {
                length = -1;
            }
            if (length != KEY_BYTES) {
                wrong(
                        "encryption keys",
                        "key " + (index + 1) + " of BX_ENCRYPTION_KEYS is "
                                + (length < 0 ? "not Base64" : length + " bytes long instead of " + KEY_BYTES),
                        "Make a key with `openssl rand -base64 32`; keep the old ones behind it, separated by commas.");
                return;
            }
        }
        ok("encryption keys", "BX_ENCRYPTION_KEYS holds " + Words.counted(list.size(), "key"));
    }

    /// Whether what a variable of this shell names can be reached from this machine.
    private void address(Map<String, String> environment, String variable, int usualPort) {
        String value = environment.getOrDefault(variable, "").strip();
        if (value.isEmpty()) {
            return;
        }
        Optional<InetSocketAddress> address = parse(value, usualPort);
        if (address.isEmpty()) {
            wrong(variable, "is not an address: " + withoutPassword(value), "Correct " + variable + ".");
            return;
        }
        String where = address.get().getHostString() + ":" + address.get().getPort();
        try (Socket socket = new Socket()) {
            socket.connect(
                    new InetSocketAddress(
                            address.get().getHostString(), address.get().getPort()),
                    CONNECT_MILLISECONDS);
            ok(variable, where + " takes connections");
        } catch (IOException e) {
            wrong(
                    variable,
                    "nothing takes connections at " + where,
                    "Start what is to run there, correct " + variable + ", or open the way to it.");
        }
    }

    private static Optional<InetSocketAddress> parse(String value, int usualPort) {
        String text = value.startsWith("jdbc:") ? value.substring("jdbc:".length()) : value;
        try {
            URI uri = URI.create(text.contains("://") ? text : "tcp://" + text);
            return Optional.ofNullable(uri.getHost())
                    .map(host ->
                            InetSocketAddress.createUnresolved(host, uri.getPort() < 0 ? usualPort : uri.getPort()));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static String withoutPassword(String url) {
        return url.replaceAll("//[^/@]*@", "//***@").replaceAll("(?i)(password=)[^&]*", "$1***");
    }

    private void ok(String name, String found) {
        checks.add(new Check(name, State.OK, found, ""));
    }

    private void wrong(String name, String found, String fix) {
        checks.add(new Check(name, State.WRONG, found, fix));
    }

    private void print() {
        List<Answer> answers = checks.stream()
                .map(check -> new Answer(JsonNodeFactory.instance
                        .objectNode()
                        .put("name", check.name())
                        .put("status", check.state().word.toLowerCase(Locale.ROOT))
                        .put("message", check.found())
                        .put("fix", check.fix())))
                .toList();
        if (!client.output().isReadable()) {
            client.output().list(answers, "", () -> new Table());
            return;
        }
        int width =
                checks.stream().mapToInt(check -> check.name().length()).max().orElse(0);
        for (Check check : checks) {
            String name = check.name() + " ".repeat(width - check.name().length());
            client.out().println("%-6s  %s  %s".formatted(check.state().word, name, check.found()));
            if (!check.fix().isEmpty()) {
                client.out().println(" ".repeat(width + 10) + check.fix());
            }
        }
        long wrong =
                checks.stream().filter(check -> check.state() == State.WRONG).count();
        client.out().println();
        client.out()
                .println(
                        wrong == 0
                                ? "Everything that was checked is well."
                                : Words.counted(wrong, "thing") + " to mend.");
        client.out().flush();
    }
}
