package dev.batchexports.cli;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// Where the server is and the token for it: from options, else from the environment, else from the
/// `connection.json` that a `bx dev` or `bx demo` wrote.
///
/// @param url without a trailing slash
record ServerAddress(String url, String token) {
    private static final JsonMapper JSON = new JsonMapper();
    private static final String START = "Start one with `./bx dev`, or name one with --server or BX_API_URL.";

    private record ConnectionFile(String url, String token) {
        @Override
        public String toString() {
            return "ConnectionFile[" + url + "]";
        }
    }

    /// @throws CommandFailure when no server is named, or no token for it
    static ServerAddress find(@Nullable String server, @Nullable String token, Map<String, String> environment) {
        Path file = Path.of(given(environment.get("BX_DATA_DIR")).orElse(".bx/data"))
                .resolve("connection.json")
                .toAbsolutePath()
                .normalize();
        Optional<ConnectionFile> local = read(file);
        String url = given(server)
                .or(() -> given(environment.get("BX_API_URL")))
                .or(() -> local.map(ConnectionFile::url))
                .map(ServerAddress::checked)
                .orElseThrow(() ->
                        new CommandFailure("No server is named, and there is no " + file + " of a `bx dev`. " + START));
        // The token of the local server is for the local server alone.
        String secret = given(token)
                .or(() -> given(environment.get("BX_API_TOKEN")))
                .or(() -> local.filter(connection -> checked(connection.url()).equals(url))
                        .map(ConnectionFile::token))
                .orElseThrow(() -> new CommandFailure("No token is given for " + url
                        + ": set BX_API_TOKEN, or name one with --token. A server's first token"
                        + " is what its BX_SECURITY_BOOTSTRAP_TOKEN holds."));
        return new ServerAddress(url, secret);
    }

    /// For a failure to reach the server.
    String howToStart() {
        return "No server answers at " + url + ". Start it with `./bx dev` or `./bx server`, or name another with"
                + " --server or BX_API_URL.";
    }

    private static String checked(String text) {
        String url = text.strip().replaceAll("/+$", "");
        try {
            URI uri = URI.create(url);
            String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
            if ((scheme.equals("http") || scheme.equals("https")) && uri.getHost() != null) {
                return url;
            }
        } catch (IllegalArgumentException e) {
            // told below, as for any other text that is no address
        }
        throw new CommandFailure(
                "The server's address must be a URL such as http://127.0.0.1:8080, not \"" + text + "\".");
    }

    private static Optional<ConnectionFile> read(Path file) {
        try {
            if (!Files.isReadable(file)) {
                return Optional.empty();
            }
            Answer connection = new Answer(JSON.readTree(Files.readString(file)));
            return connection.text("api_url").isEmpty()
                    ? Optional.empty()
                    : Optional.of(new ConnectionFile(connection.text("api_url"), connection.text("api_token")));
        } catch (IOException | JacksonException e) {
            throw new CommandFailure(file + " cannot be read: " + e.getMessage());
        }
    }

    private static Optional<String> given(@Nullable String value) {
        return Optional.ofNullable(value).filter(text -> !text.isBlank());
    }

    @Override
    public String toString() {
        return "ServerAddress[" + url + "]";
    }
}
