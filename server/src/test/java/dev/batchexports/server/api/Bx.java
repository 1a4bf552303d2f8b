package dev.batchexports.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.server.Main;
import dev.batchexports.server.TestServer;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;

/// `bx` as a person types it, against a server.
final class Bx {
    record Result(int status, String out, String err) {
        Result is(int expected) {
            assertThat(status).as(out + err).isEqualTo(expected);
            return this;
        }

        JsonNode json() {
            return ApiClient.JSON.readTree(out);
        }

        List<String> lines() {
            return out.lines().toList();
        }
    }

    private final String server;
    private final String token;
    private final long project;

    Bx(String server, String token, long project) {
        this.server = server;
        this.token = token;
        this.project = project;
    }

    /// For the project of a client.
    static Bx of(ApiClient client) {
        return new Bx(TestServer.get().url(), TestServer.TOKEN, client.project());
    }

    Result run(String... arguments) {
        return runTo(new StringWriter(), arguments);
    }

    /// With standard output to a writer that can be looked at meanwhile.
    Result runTo(StringWriter out, String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--server", server, "--token", token, "--project", Long.toString(project)));
        return execute(out, all.toArray(String[]::new));
    }

    /// Without the options that name the server.
    static Result type(String... arguments) {
        return execute(new StringWriter(), arguments);
    }

    private static Result execute(StringWriter out, String... arguments) {
        StringWriter err = new StringWriter();
        CommandLine bx = Main.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        int status = bx.execute(arguments);
        bx.getOut().flush();
        bx.getErr().flush();
        return new Result(status, out.toString(), err.toString());
    }
}
