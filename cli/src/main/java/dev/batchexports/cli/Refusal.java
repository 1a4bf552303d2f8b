package dev.batchexports.cli;

import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// What the server refuses, from its problem document (RFC 9457).
final class Refusal {
    private static final JsonMapper JSON = new JsonMapper();

    private Refusal() {}

    static CommandFailure of(Api.Reply reply, ServerAddress server) {
        Answer problem;
        try {
            problem = new Answer(JSON.readTree(reply.body()));
        } catch (JacksonException e) {
            problem = new Answer(JSON.missingNode());
        }
        if (problem.text("code").isEmpty()) {
            return new CommandFailure("What answers at " + server.url() + " (status " + reply.status()
                    + ") is not a Batch Exports server: change --server or BX_API_URL.");
        }
        List<Answer> errors = problem.list("errors");
        if (!errors.isEmpty()) {
            return new CommandFailure(
                    errors.size() == 1
                            ? "The server refuses this: change one field."
                            : "The server refuses this: change " + errors.size() + " fields.",
                    fields(errors));
        }
        String hint = switch (problem.text("code")) {
            case "unauthenticated", "invalid_token" ->
                "Set BX_API_TOKEN or --token to a token of " + server.url() + ".";
            case "missing_scope" -> "Use a token with this scope.";
            case "wrong_project" -> "Set --project or BX_PROJECT_ID to the token's project.";
            case "temporal_unavailable", "database_unavailable" -> "`./bx doctor` says what is wrong.";
            default -> "";
        };
        return new CommandFailure((problem.text("detail") + " " + hint).strip());
    }

    private static List<String> fields(List<Answer> errors) {
        int width =
                errors.stream().mapToInt(error -> pointer(error).length()).max().orElse(0);
        return errors.stream()
                .map(error ->
                        pointer(error) + " ".repeat(width - pointer(error).length()) + "  " + error.text("message"))
                .toList();
    }

    private static String pointer(Answer error) {
        String pointer = error.text("pointer");
        return pointer.isEmpty() ? "/" : pointer;
    }
}
