package dev.batchexports.testkit;

import dev.batchexports.core.destination.CommitResult;
import dev.batchexports.core.destination.Destination;
import dev.batchexports.core.destination.SliceReceipt;
import dev.batchexports.core.destination.Transfer;
import dev.batchexports.core.destination.TransferContext;
import dev.batchexports.core.destination.WriteMode;
import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.run.RunKey;
import dev.batchexports.core.source.Encoding;
import dev.batchexports.core.source.Slice;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// One run of a test: its context and, for each slice, the rows and their bytes.
///
/// @param files one for each slice
public record SampleRun(TransferContext context, List<SampleFile> files) {
    private static final int TRIES = 5;

    public SampleRun {
        files = List.copyOf(files);
    }

    /// A run with as many slices as there are lists of rows.
    public static SampleRun of(
            UUID export,
            String model,
            Interval interval,
            long generation,
            List<List<SampleRow>> slices,
            Encoding encoding) {
        return new SampleRun(
                new TransferContext(
                        new RunKey(export, UUID.randomUUID(), generation, interval),
                        model,
                        new WriteMode.Append(),
                        SampleRow.columns(),
                        slices.size()),
                slices.stream().map(rows -> SampleFile.encode(rows, encoding)).toList());
    }

    /// The same run, writing in another mode.
    public SampleRun with(WriteMode mode) {
        return new SampleRun(
                new TransferContext(context.run(), context.modelName(), mode, context.columns(), context.sliceCount()),
                files);
    }

    public int sliceCount() {
        return files.size();
    }

    public SampleFile file(int slice) {
        return files.get(slice);
    }

    /// The slice as a plan would describe it.
    public Slice slice(int number) {
        SampleFile file = files.get(number);
        return new Slice(number, context.run().interval(), 0, 1, file.rows().size(), file.length());
    }

    /// The rows of all slices.
    public List<SampleRow> rows() {
        return files.stream().flatMap(file -> file.rows().stream()).toList();
    }

    /// Writes one slice.
    public SliceReceipt write(Destination destination, int slice) throws InterruptedException {
        try (Transfer transfer = destination.begin(context);
                GeneratedRows rows = files.get(slice).stream()) {
            return transfer.write(slice(slice), rows, bytes -> {});
        }
    }

    /// Writes every slice.
    public List<SliceReceipt> writeAll(Destination destination) throws InterruptedException {
        List<SliceReceipt> receipts = new ArrayList<>();
        for (int slice = 0; slice < files.size(); slice++) {
            receipts.add(write(destination, slice));
        }
        return receipts;
    }

    public CommitResult commit(Destination destination, List<SliceReceipt> receipts) throws InterruptedException {
        try (Transfer transfer = destination.begin(context)) {
            return transfer.commit(receipts);
        }
    }

    /// Commits as a workflow does: again after an error that may pass, and writing slices again that were
    /// lost.
    public CommitResult.Committed commitWhateverItTakes(Destination destination, List<SliceReceipt> receipts)
            throws InterruptedException {
        List<SliceReceipt> current = new ArrayList<>(receipts);
        @Nullable ExportException last = null;
        for (int tried = 0; tried < TRIES; tried++) {
            try {
                switch (commit(destination, current)) {
                    case CommitResult.Committed committed -> {
                        return committed;
                    }
                    case CommitResult.AlreadyCommitted(long rows) ->
                        throw new AssertionError("an earlier commit of " + rows + " rows is in the way");
                    case CommitResult.SlicesLost lost -> {
                        for (int slice : lost.numbers()) {
                            current.set(slice, write(destination, slice));
                        }
                    }
                }
            } catch (ExportException e) {
                if (!e.kind().isRetryable()) {
                    throw e;
                }
                last = e;
            }
        }
        throw new AssertionError("still not committed after " + TRIES + " tries", last);
    }

    /// Writes and commits.
    public CommitResult.Committed export(Destination destination) throws InterruptedException {
        return commitWhateverItTakes(destination, writeAll(destination));
    }

    public void abort(Destination destination) {
        try (Transfer transfer = destination.begin(context)) {
            transfer.abort();
        }
    }

    /// The numbers of the slices.
    public List<Integer> numbers() {
        return IntStream.range(0, files.size()).boxed().toList();
    }
}
