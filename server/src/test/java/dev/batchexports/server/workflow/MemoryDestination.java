package dev.batchexports.server.workflow;

import dev.batchexports.core.destination.CommitResult;
import dev.batchexports.core.destination.CommittedFile;
import dev.batchexports.core.destination.Destination;
import dev.batchexports.core.destination.DestinationLimits;
import dev.batchexports.core.destination.DestinationType;
import dev.batchexports.core.destination.SliceReceipt;
import dev.batchexports.core.destination.TestStep;
import dev.batchexports.core.destination.Transfer;
import dev.batchexports.core.destination.TransferContext;
import dev.batchexports.core.destination.TransferProgress;
import dev.batchexports.core.destination.WriteMode;
import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.run.RunKey;
import dev.batchexports.core.source.Compression;
import dev.batchexports.core.source.EncodedRows;
import dev.batchexports.core.source.Encoding;
import dev.batchexports.core.source.FileFormat;
import dev.batchexports.core.source.Slice;
import dev.batchexports.server.runs.Run;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/// A destination in this process, for what a real one cannot be brought to do on demand: fail in a
/// chosen call, lose a slice, take long. Its rows are JSON lines.
final class MemoryDestination implements DestinationType<MemoryDestination.Configuration> {
    static final String TYPE = "Memory";
    static final String WORKFLOW_TYPE = "memory-export";

    record Configuration(String place) {}

    private record Place(UUID exportId, Interval interval) {
        static Place of(RunKey run) {
            return new Place(run.exportId(), run.interval());
        }
    }

    /// What happens in a call beside its usual effect: throw to make it fail.
    interface Behaviour {
        /// A transfer or a commit of the run begins.
        default void beginning(RunKey run) {}

        default void writing(Slice slice, TransferProgress progress) throws InterruptedException {}

        /// @return slices that are lost
        default Set<Integer> committing(RunKey run) throws InterruptedException {
            return Set.of();
        }

        default void committed(RunKey run) {}

        /// The interval of the run is announced as empty.
        default void announcing(RunKey run) {}

        /// All of a small run is done, and the worker is about to tell Temporal.
        default void exported(UUID runId) {}

        default OptionalLong rowsFound(long committed) {
            return OptionalLong.of(committed);
        }
    }

    private final Map<UUID, Map<Integer, List<String>>> written = new ConcurrentHashMap<>();
    private final Map<Place, List<String>> committed = new ConcurrentHashMap<>();
    private final Map<UUID, WriteMode> modes = new ConcurrentHashMap<>();
    private final Set<UUID> aborted = ConcurrentHashMap.newKeySet();
    private final AtomicInteger writes = new AtomicInteger();
    private volatile Behaviour behaviour = new Behaviour() {};

    void behave(Behaviour next) {
        behaviour = next;
    }

    Behaviour behaviour() {
        return behaviour;
    }

    /// The lines that are visible of a run's interval; empty when it was never committed.
    Optional<List<String>> committed(Run run) {
        return Optional.ofNullable(committed.get(Place.of(run.key())));
    }

    /// The runs that have left something behind.
    Set<UUID> unfinished() {
        return written.keySet();
    }

    /// In which mode a run was to commit last.
    Optional<WriteMode> mode(Run run) {
        return Optional.ofNullable(modes.get(run.id()));
    }

    boolean wasAborted(UUID runId) {
        return aborted.contains(runId);
    }

    /// How many slices have been written so far, each time counted.
    int writes() {
        return writes.get();
    }

    @Override
    public String name() {
        return TYPE;
    }

    @Override
    public String workflowType() {
        return WORKFLOW_TYPE;
    }

    @Override
    public Class<Configuration> configurationType() {
        return Configuration.class;
    }

    @Override
    public Destination open(Configuration configuration, DestinationLimits limits) {
        return new Open();
    }

    private final class Open implements Destination {
        @Override
        public List<TestStep> connectionTest() {
            return List.of();
        }

        @Override
        public Encoding encoding() {
            return new Encoding(FileFormat.JSON_LINES, Compression.NONE);
        }

        @Override
        public OptionalLong maxFileBytes() {
            return OptionalLong.empty();
        }

        @Override
        public Transfer begin(TransferContext context) {
            behaviour.beginning(context.run());
            modes.put(context.run().runId(), context.writeMode());
            return new MemoryTransfer(context);
        }

        @Override
        public void announceEmpty(List<TransferContext> intervals) throws InterruptedException {
            for (TransferContext context : intervals) {
                behaviour.announcing(context.run());
                committed.put(Place.of(context.run()), List.of());
            }
        }

        @Override
        public void close() {}
    }

    private final class MemoryTransfer implements Transfer {
        private final TransferContext context;

        MemoryTransfer(TransferContext context) {
            this.context = context;
        }

        @Override
        public SliceReceipt write(Slice slice, EncodedRows rows, TransferProgress progress)
                throws InterruptedException {
            behaviour.writing(slice, progress);
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            byte[] buffer = new byte[64 * 1024];
            for (int read = rows.read(buffer, 0, buffer.length);
                    read >= 0;
                    read = rows.read(buffer, 0, buffer.length)) {
                bytes.write(buffer, 0, read);
                progress.advanced(read);
            }
            List<String> lines = bytes.toString(StandardCharsets.UTF_8).lines().toList();
            written.computeIfAbsent(context.run().runId(), run -> new ConcurrentHashMap<>())
                    .put(slice.number(), lines);
            writes.incrementAndGet();
            return new SliceReceipt(slice.number(), rows.rows(), bytes.size(), "none:", Map.of());
        }

        @Override
        public CommitResult commit(List<SliceReceipt> receipts) throws InterruptedException {
            RunKey run = context.run();
            Set<Integer> lost = behaviour.committing(run);
            if (!lost.isEmpty()) {
                lost.forEach(
                        number -> written.getOrDefault(run.runId(), Map.of()).remove(number));
                return new CommitResult.SlicesLost(lost);
            }
            List<String> lines = committed.getOrDefault(Place.of(run), List.of());
            Map<Integer, List<String>> slices = written.get(run.runId());
            if (slices != null || receipts.isEmpty()) {
                lines = new ArrayList<>();
                for (List<String> slice : new TreeMap<>(slices == null ? Map.of() : slices).values()) {
                    lines.addAll(slice);
                }
                committed.put(Place.of(run), lines);
                written.remove(run.runId());
            }
            behaviour.committed(run);
            return new CommitResult.Committed(
                    List.of(new CommittedFile(run.interval().toString(), lines.size(), 1, "none:")),
                    behaviour.rowsFound(lines.size()));
        }

        @Override
        public void abort() {
            written.remove(context.run().runId());
            aborted.add(context.run().runId());
        }

        @Override
        public void close() {}
    }
}
