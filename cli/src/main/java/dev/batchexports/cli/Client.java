package dev.batchexports.cli;

import java.io.PrintWriter;
import java.time.Clock;
import java.time.ZoneId;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// What every command that talks to the server takes.
final class Client {
    @Option(
            names = "--server",
            paramLabel = "URL",
            description = "The server; else BX_API_URL, else that of the `bx dev` of BX_DATA_DIR.")
    private @Nullable String server;

    @Option(
            names = "--token",
            paramLabel = "TOKEN",
            description = "The token; else BX_API_TOKEN, else that of the `bx dev` of BX_DATA_DIR.")
    private @Nullable String token;

    @Option(
            names = "--project",
            paramLabel = "ID",
            defaultValue = "${env:BX_PROJECT_ID:-1}",
            description = "The project (default: ${DEFAULT-VALUE}; BX_PROJECT_ID).")
    private long project = 1;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORM",
            defaultValue = "table",
            description = "How to print results: table, json or yaml (default: ${DEFAULT-VALUE}).")
    private Output.Form form = Output.Form.TABLE;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec = CommandSpec.create();

    private @Nullable Api api;

    Api api() {
        Api known = api;
        if (known == null) {
            known = new Api(ServerAddress.find(server, token, System.getenv()), project);
            api = known;
        }
        return known;
    }

    Lookup lookup() {
        return new Lookup(api());
    }

    Output output() {
        return new Output(form, out());
    }

    Words words() {
        return Words.now(Clock.system(ZoneId.systemDefault()));
    }

    PrintWriter out() {
        return spec.commandLine().getOut();
    }

    PrintWriter err() {
        return spec.commandLine().getErr();
    }

    CommandSpec spec() {
        return spec;
    }
}
