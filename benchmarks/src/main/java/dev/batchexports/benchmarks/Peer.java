package dev.batchexports.benchmarks;

import dev.batchexports.embedded.Connections;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// Another program, out of a Python environment into which it was installed. Its time includes its start.
final class Peer implements Contender {
    private static final long LONGEST_MINUTES = 60;
    /// They take so much longer that their spread is of no interest.
    private static final int MOST_ROUNDS = 1;

    enum Program {
        DLT("dlt"),
        SLING("Sling");

        private final String title;

        Program(String title) {
            this.title = title;
        }

        String title() {
            return title;
        }
    }

    private final Program program;
    private final Connections connections;
    private final Path python;
    private final Path folder;
    private final Path log;

    /// @param environment the folder of the Python environment
    Peer(Program program, Laboratory laboratory, Path environment) {
        this.program = program;
        this.connections = laboratory.connections();
        this.python = environment.resolve("bin").resolve("python");
        this.log = laboratory.logs().resolve(program.title() + ".log");
        this.folder = laboratory.logs().resolveSibling("peer-" + program.title());
        try {
            Files.createDirectories(folder);
            copy("measured.py");
            copy("dlt_export.py");
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private void copy(String resource) throws IOException {
        try (InputStream stream = Peer.class.getResourceAsStream(resource)) {
            if (stream == null) {
                throw new IllegalStateException("The resource " + resource + " is missing from the build.");
            }
            Files.write(folder.resolve(resource), stream.readAllBytes());
        }
    }

    /// Whether the program is there.
    ///
    /// @return why not; empty if it is
    static String missing(Program program, Path environment) {
        Path executable = environment.resolve("bin").resolve(program == Program.DLT ? "dlt" : "sling-linux-amd64");
        return Files.isExecutable(executable) ? "" : "it could not be installed into " + environment;
    }

    @Override
    public String name() {
        return program.title();
    }

    @Override
    public boolean writes(Format format) {
        return switch (program) {
            // dlt compresses JSON lines with gzip alone.
            case DLT -> format != Format.JSON_ZSTD;
            // Sling has one Parquet writer, whose compression cannot be chosen.
            case SLING -> format == Format.JSON_GZIP || format == Format.PARQUET_SNAPPY || format == Format.JSON_ZSTD;
        };
    }

    /// dlt also writes tables of its own.
    @Override
    public String folder(String prefix) {
        return program == Program.DLT ? prefix + "/rows" : prefix;
    }

    @Override
    public boolean takesPart(int round) {
        return round < MOST_ROUNDS;
    }

    @Override
    public Exported export(Format format, Rows rows, String prefix) throws InterruptedException {
        List<String> command = new ArrayList<>(
                List.of(python.toString(), folder.resolve("measured.py").toString()));
        Map<String, String> environment = new HashMap<>();
        switch (program) {
            case DLT -> {
                command.addAll(List.of(
                        python.toString(), folder.resolve("dlt_export.py").toString()));
                environment.putAll(dltEnvironment(format, rows, prefix));
            }
            case SLING -> {
                command.addAll(slingCommand(format, rows, prefix));
                environment.putAll(slingEnvironment());
            }
        }
        return Exported.timed(() -> run(command, environment));
    }

    private Usage run(List<String> command, Map<String, String> environment) throws InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().putAll(environment);
        try {
            Process process = builder.start();
            Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
            String used = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            if (!process.waitFor(LONGEST_MINUTES, TimeUnit.MINUTES) || process.exitValue() != 0) {
                process.destroyForcibly();
                throw new PeerFailedException(program.title() + ", which failed");
            }
            String[] figures = used.split(" ", -1);
            return new Usage(Double.parseDouble(figures[0]), Long.parseLong(figures[1]));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private Map<String, String> dltEnvironment(Format format, Rows rows, String prefix) {
        URI source = URI.create(connections.clickhouseUrl());
        Map<String, String> environment = new HashMap<>();
        environment.put("SOURCE_HOST", source.getHost());
        environment.put("SOURCE_PORT", Integer.toString(source.getPort()));
        environment.put("SOURCE_USER", connections.clickhouseUser());
        environment.put("SOURCE_PASSWORD", connections.clickhousePassword());
        // Arrow has no type for UUIDs that dlt knows.
        environment.put(
                "SOURCE_QUERY",
                rows.query()
                        .replaceFirst("SELECT uuid,", "SELECT toString(uuid) AS uuid,")
                        .replaceFirst("person_id,", "toString(person_id) AS person_id,")
                        .replaceFirst("event,", "toString(event) AS event,"));
        environment.put("TARGET_BUCKET", connections.s3Bucket());
        environment.put("TARGET_FOLDER", prefix.replace('/', '_').replace('-', '_'));
        environment.put("TARGET_KEY", connections.s3AccessKeyId());
        environment.put("TARGET_SECRET", connections.s3SecretAccessKey());
        environment.put("TARGET_ENDPOINT", connections.s3Endpoint());
        environment.put("TARGET_REGION", connections.s3Region());
        environment.put("TARGET_FORMAT", format.isParquet() ? "parquet" : "jsonl");
        environment.put("WORK_FOLDER", folder.resolve("pipelines").toString());
        environment.put("DATA_WRITER__COMPRESSION", format.isParquet() ? format.compression() : "snappy");
        environment.put("RUNTIME__DLTHUB_TELEMETRY", "false");
        return environment;
    }

    private List<String> slingCommand(Format format, Rows rows, String prefix) {
        String file = prefix + "/rows." + format.fileExtension();
        return List.of(
                python.resolveSibling("sling-linux-amd64").toString(),
                "run",
                "--src-conn",
                "SOURCE",
                "--src-stream",
                rows.query(),
                "--tgt-conn",
                "TARGET",
                "--tgt-object",
                "s3://" + connections.s3Bucket() + "/" + file,
                "--tgt-options",
                format.isParquet()
                        ? "{format: parquet}"
                        : "{format: jsonlines, compression: " + format.compression() + "}");
    }

    private Map<String, String> slingEnvironment() {
        URI source = URI.create(connections.clickhouseUrl());
        return Map.of(
                "SOURCE",
                "{type: clickhouse, http_url: 'http://%s:%s@%s:%d/%s'}"
                        .formatted(
                                connections.clickhouseUser(),
                                connections.clickhousePassword(),
                                source.getHost(),
                                source.getPort(),
                                connections.clickhouseDatabase()),
                "TARGET",
                "{type: s3, bucket: %s, access_key_id: '%s', secret_access_key: '%s', endpoint: '%s', region: %s}"
                        .formatted(
                                connections.s3Bucket(),
                                connections.s3AccessKeyId(),
                                connections.s3SecretAccessKey(),
                                connections.s3Endpoint(),
                                connections.s3Region()),
                "SLING_DISABLE_TELEMETRY",
                "true",
                "SLING_HOME_DIR",
                folder.toString());
    }
}
