package dev.batchexports.benchmarks;

import dev.batchexports.core.destination.CommitResult;
import dev.batchexports.core.destination.Destination;
import dev.batchexports.core.destination.DestinationLimits;
import dev.batchexports.core.destination.SliceReceipt;
import dev.batchexports.core.destination.Transfer;
import dev.batchexports.core.destination.TransferContext;
import dev.batchexports.core.destination.WriteMode;
import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.model.Model;
import dev.batchexports.core.run.RunKey;
import dev.batchexports.core.secret.Secret;
import dev.batchexports.core.source.EncodedRows;
import dev.batchexports.core.source.Plan;
import dev.batchexports.core.source.QueryTag;
import dev.batchexports.core.source.RowSelection;
import dev.batchexports.core.source.Slice;
import dev.batchexports.core.source.SliceLimits;
import dev.batchexports.core.source.Source;
import dev.batchexports.destination.postgres.PostgresConfiguration;
import dev.batchexports.destination.postgres.PostgresDestinationType;
import dev.batchexports.destination.s3.S3Configuration;
import dev.batchexports.destination.s3.S3DestinationType;
import dev.batchexports.source.clickhouse.ClickHouseSettings;
import dev.batchexports.source.clickhouse.ClickHouseSource;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The way from source to destination without Temporal and without the database: plan, transfer of slices side by
/// side, commit. A process of its own that takes one request a line, as JSON, and answers each with a line.
public final class TransferProcess {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final int MOST_SLICES = 2000;
    /// As a worker has it.
    private static final long LEAST_SLICE_BYTES = 64L << 20;

    private TransferProcess() {}

    /// Ends with its standard input.
    public static void main(String[] arguments) throws IOException {
        // What is logged must not look like an answer.
        PrintStream answers = System.out;
        System.setOut(System.err);
        try (BufferedReader requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = requests.readLine(); line != null; line = requests.readLine()) {
                answers.println(answer(JSON.readTree(line)));
            }
        }
    }

    private static String answer(JsonNode request) {
        try {
            return "done " + export(request);
        } catch (InterruptedException | ExecutionException | RuntimeException failure) {
            failure.printStackTrace();
            return "failed " + failure;
        }
    }

    /// @return how many rows were exported
    private static long export(JsonNode request) throws InterruptedException, ExecutionException {
        Interval interval = new Interval(Instant.parse(text(request, "start")), Instant.parse(text(request, "end")));
        RowSelection selection = new RowSelection(
                Model.events(), request.get("project").asLong(), interval, List.of(), List.of(), List.of());
        UUID run = UUID.randomUUID();
        ClickHouseSettings settings = ClickHouseSettings.of(
                text(request, "clickhouse"), text(request, "user"), new Secret(text(request, "password")), "default");
        try (Source source = ClickHouseSource.open(settings);
                Destination destination = destination(request.get("destination"))) {
            Plan plan = source.plan(
                    selection,
                    destination.encoding(),
                    new SliceLimits(
                            request.get("slice_bytes").asLong(),
                            destination.maxFileBytes(),
                            MOST_SLICES,
                            new SliceLimits.Parallel(request.get("slices").asInt(), LEAST_SLICE_BYTES)),
                    new QueryTag(run, "plan", 1));
            TransferContext context = new TransferContext(
                    new RunKey(run, run, 1, interval),
                    "events",
                    new WriteMode.Append(),
                    plan.columns(),
                    plan.slices().size());
            try (Transfer transfer = destination.begin(context)) {
                List<SliceReceipt> receipts = transferAll(
                        source,
                        selection,
                        destination,
                        transfer,
                        plan,
                        run,
                        request.get("slices").asInt());
                CommitResult result = transfer.commit(receipts);
                if (!(result instanceof CommitResult.Committed)) {
                    throw new IllegalStateException("not committed: " + result);
                }
                return receipts.stream().mapToLong(SliceReceipt::rows).sum();
            }
        }
    }

    private static List<SliceReceipt> transferAll(
            Source source,
            RowSelection selection,
            Destination destination,
            Transfer transfer,
            Plan plan,
            UUID run,
            int atOnce)
            throws InterruptedException, ExecutionException {
        Semaphore places = new Semaphore(atOnce);
        List<Future<SliceReceipt>> underWay = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Slice slice : plan.slices()) {
                places.acquire();
                underWay.add(threads.submit(() -> {
                    QueryTag tag = new QueryTag(run, "slice-" + slice.number(), 1);
                    try (EncodedRows rows =
                            source.open(selection, plan.columns(), slice, destination.encoding(), tag)) {
                        return transfer.write(slice, rows, bytes -> {});
                    } finally {
                        places.release();
                    }
                }));
            }
        }
        List<SliceReceipt> receipts = new ArrayList<>();
        for (Future<SliceReceipt> slice : underWay) {
            receipts.add(slice.get());
        }
        return receipts;
    }

    private static Destination destination(JsonNode request) {
        return text(request, "type").equals("Postgres") ? postgres(request) : s3(request);
    }

    private static Destination postgres(JsonNode request) {
        PostgresConfiguration configuration = new PostgresConfiguration(
                text(request, "host"),
                request.get("port").asInt(),
                text(request, "user"),
                new Secret(text(request, "password")),
                text(request, "database"),
                text(request, "schema"),
                text(request, "table"),
                "disable",
                null);
        return new PostgresDestinationType().open(configuration, DestinationLimits.standard());
    }

    private static Destination s3(JsonNode request) {
        S3Configuration configuration = new S3Configuration(
                text(request, "bucket"),
                text(request, "region"),
                text(request, "prefix"),
                text(request, "endpoint"),
                null,
                text(request, "access_key_id"),
                new Secret(text(request, "secret_access_key")),
                null,
                null,
                null,
                "none",
                null,
                text(request, "file_format"),
                text(request, "compression"),
                null);
        return new S3DestinationType().open(configuration, DestinationLimits.standard());
    }

    private static String text(JsonNode request, String field) {
        return request.get(field).asString();
    }
}
