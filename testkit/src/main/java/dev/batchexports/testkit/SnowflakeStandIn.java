package dev.batchexports.testkit;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.opentest4j.TestAbortedException;

/// A server that speaks Snowflake's protocol to the official driver, in a process of its own that ends with this
/// one. The header of `snowflake_stand_in.py` says where it is not Snowflake.
public final class SnowflakeStandIn implements AutoCloseable {
    public static final String ACCOUNT = "testaccount";
    public static final String DATABASE = "EXPORTS";
    public static final String SCHEMA = "PUBLIC";
    public static final String WAREHOUSE = "EXPORT_WH";
    /// May do everything.
    public static final String ROLE = "EXPORT_ROLE";
    /// May only read.
    public static final String READER_ROLE = "READER";

    private static final String SCRIPT = "snowflake_stand_in.py";

    private final Process process;
    private final Path folder;
    private final int port;

    private SnowflakeStandIn(Process process, Path folder, int port) {
        this.process = process;
        this.folder = folder;
        this.port = port;
    }

    /// Who may log in, in either way.
    ///
    /// @param name in upper case
    /// @param publicKeyPem an RSA key
    public record User(String name, String password, String publicKeyPem) {
        private String json() {
            return "%s: {\"password\": %s, \"public_key\": %s, \"roles\": [\"PUBLIC\", \"%s\", \"%s\"]}"
                    .formatted(text(name), text(password), text(publicKeyPem), ROLE, READER_ROLE);
        }
    }

    /// Starts it, empty but for the database and schema.
    ///
    /// @throws TestAbortedException when it is not installed
    public static SnowflakeStandIn start(List<User> users) {
        Path packages = PythonPackages.of("snowflake-stand-in", "fakesnow", "The stand-in for Snowflake");
        try {
            Path folder = Files.createTempDirectory("snowflake");
            Path script = folder.resolve(SCRIPT);
            try (InputStream resource = SnowflakeStandIn.class.getResourceAsStream(SCRIPT)) {
                if (resource == null) {
                    throw new IllegalStateException("The resource " + SCRIPT + " is missing from the build.");
                }
                Files.copy(resource, script);
            }
            Path settings = folder.resolve("settings.json");
            Files.writeString(settings, settings(users));
            ProcessBuilder builder = new ProcessBuilder("python3", script.toString(), settings.toString())
                    .redirectError(folder.resolve("errors.log").toFile());
            builder.environment().put("PYTHONPATH", packages.toString());
            builder.environment().put("PYTHONDONTWRITEBYTECODE", "1");
            builder.environment().put("TMPDIR", folder.toString());
            Process process = builder.start();
            return new SnowflakeStandIn(process, folder, port(process, folder));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int port(Process process, Path folder) throws IOException {
        BufferedReader output = process.inputReader(StandardCharsets.UTF_8);
        for (String line = output.readLine(); line != null; line = output.readLine()) {
            if (line.startsWith("ready ")) {
                return Integer.parseInt(line.substring("ready ".length()));
            }
        }
        throw new IllegalStateException(
                "The stand-in for Snowflake did not start: " + Files.readString(folder.resolve("errors.log")));
    }

    private static String settings(List<User> users) {
        return """
                {"account": "%s", "schemas": [["%s", "%s"]], "warehouses": ["%s"], "read_only_roles": ["%s"],
                 "users": {%s}}
                """.formatted(
                        ACCOUNT,
                        DATABASE,
                        SCHEMA,
                        WAREHOUSE,
                        READER_ROLE,
                        users.stream().map(User::json).collect(Collectors.joining(", ")));
    }

    private static String text(String value) {
        return '"' + value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + '"';
    }

    /// Where it listens.
    public InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    /// What went wrong inside, for a test that fails.
    public String log() {
        try {
            return Files.readString(folder.resolve("errors.log"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Ends it, and removes what it held.
    @Override
    public void close() {
        try {
            process.getOutputStream().close();
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(file);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
