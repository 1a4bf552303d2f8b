package dev.batchexports.benchmarks;

import dev.batchexports.embedded.Connections;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/// The transfer path alone: [TransferProcess].
final class TransferPath implements Contender {
    static final String NAME = "Batch Exports: transfer path";

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Connections connections;
    private final Sizes sizes;
    private final JavaProcess process;
    private final Writer requests;
    private final BufferedReader answers;

    /// @param sliceBytes raw bytes of a slice
    /// @param slices at once
    record Sizes(long sliceBytes, int slices) {}

    TransferPath(Laboratory laboratory, Sizes sizes) {
        this.connections = laboratory.connections();
        this.sizes = sizes;
        this.process = JavaProcess.start(
                laboratory.logs().resolve("transfer.log"),
                JavaProcess.Talk.LINES,
                laboratory.environment(),
                TransferProcess.class.getName());
        this.requests = process.process().outputWriter(StandardCharsets.UTF_8);
        this.answers =
                new BufferedReader(new InputStreamReader(process.process().getInputStream(), StandardCharsets.UTF_8));
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public boolean writes(Format format) {
        return true;
    }

    @Override
    public Exported export(Format format, Rows rows, String prefix) throws InterruptedException {
        Map<String, Object> store = new LinkedHashMap<>();
        store.put("type", "S3");
        store.put("bucket", connections.s3Bucket());
        store.put("region", connections.s3Region());
        store.put("endpoint", connections.s3Endpoint());
        store.put("access_key_id", connections.s3AccessKeyId());
        store.put("secret_access_key", connections.s3SecretAccessKey());
        store.put("prefix", prefix);
        store.put("file_format", format.formatWord());
        store.put("compression", format.compression());
        return Exported.timed(() -> transfer(rows, store));
    }

    /// Adds the rows to a table of the embedded PostgreSQL.
    Usage load(Rows rows, String schema, String table) {
        URI database = URI.create(connections.databaseUrl().substring("jdbc:".length()));
        Map<String, Object> target = new LinkedHashMap<>();
        target.put("type", "Postgres");
        target.put("host", database.getHost());
        target.put("port", database.getPort());
        target.put("database", database.getPath().substring(1));
        target.put("user", connections.databaseUser());
        target.put("password", connections.databasePassword());
        target.put("schema", schema);
        target.put("table", table);
        return transfer(rows, target);
    }

    private Usage transfer(Rows rows, Map<String, Object> destination) {
        Map<String, Object> request = new LinkedHashMap<>();
        request.put("clickhouse", connections.clickhouseUrl());
        request.put("user", connections.clickhouseUser());
        request.put("password", connections.clickhousePassword());
        request.put("destination", destination);
        request.put("project", Rows.PROJECT);
        request.put("start", rows.interval().start().toString());
        request.put("end", rows.interval().end().toString());
        request.put("slice_bytes", sizes.sliceBytes());
        request.put("slices", sizes.slices());
        Meter meter = Meter.start(process.pid());
        try {
            requests.write(JSON.writeValueAsString(request) + "\n");
            requests.flush();
            String answer = answers.readLine();
            if (answer == null || !answer.equals("done " + rows.count())) {
                throw new IllegalStateException("The transfer process answered: " + answer);
            }
            return meter.stop();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    @Override
    public void close() {
        process.close();
    }
}
