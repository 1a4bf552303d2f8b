package dev.batchexports.destination.s3;

import dev.batchexports.core.destination.CommitResult;
import dev.batchexports.core.destination.CommittedFile;
import dev.batchexports.core.destination.SliceReceipt;
import dev.batchexports.core.destination.Transfer;
import dev.batchexports.core.destination.TransferContext;
import dev.batchexports.core.destination.TransferProgress;
import dev.batchexports.core.error.ErrorKind;
import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.source.Compression;
import dev.batchexports.core.source.EncodedRows;
import dev.batchexports.core.source.Encoding;
import dev.batchexports.core.source.FileFormat;
import dev.batchexports.core.source.Slice;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Brings one run to the bucket.
///
/// A slice is written as a multipart upload that stays uncompleted, hence invisible. The commit
///
/// 1. reads the manifest and stops if a later run has committed the interval;
/// 2. looks for every slice: its upload with all its parts, or the object it has become already;
/// 3. aborts every other unfinished upload of the interval;
/// 4. takes the manifest of an earlier run away;
/// 5. completes the uploads and checks each file;
/// 6. writes the manifest;
/// 7. deletes files of an earlier run that are not in it.
///
/// Each step can be repeated, so a commit whose outcome is unknown is simply done again: nothing is ever
/// cleaned up on a guess.
///
/// **Fencing.** An upload can be completed by its id alone, and only once. Step 3 therefore takes from a
/// presumed dead worker of an earlier run all it could still complete, before the files of this run
/// appear. If it wakes up later it finds its uploads gone, or at the latest a manifest of a greater
/// generation; it can write and delete the manifest and stale files only under the condition that they
/// are still those it read. What remains open: a store that ignores such conditions lets it slip through
/// while one of its requests is under way; and a request to complete that the store received before step
/// 3 but finishes after step 5 replaces one file. The next commit of the interval, or a reader that
/// compares the manifest, finds that out.
final class S3Transfer implements Transfer {
    private static final Logger LOG = LoggerFactory.getLogger(S3Transfer.class);

    private final S3Bucket bucket;
    private final SliceWriter writer;
    private final IntervalKeys keys;
    private final ManifestFile manifestFile;
    private final TransferContext context;
    private final Encoding encoding;
    private final Clock clock;

    /// Where a slice is when the commit begins.
    private sealed interface Located {
        record Uploaded(SliceUpload slice, List<S3Bucket.Part> parts) implements Located {}

        record Completed(SliceUpload slice) implements Located {}

        record Lost(int number) implements Located {}
    }

    S3Transfer(
            S3Bucket bucket,
            SliceWriter writer,
            IntervalKeys keys,
            TransferContext context,
            Encoding encoding,
            Clock clock) {
        this.bucket = bucket;
        this.writer = writer;
        this.keys = keys;
        this.manifestFile = new ManifestFile(bucket, keys.manifest(), context.run());
        this.context = context;
        this.encoding = encoding;
        this.clock = clock;
    }

    @Override
    public SliceReceipt write(Slice slice, EncodedRows rows, TransferProgress progress) throws InterruptedException {
        return writer.write(keys.file(slice.number()), contentType(), metadata(slice), slice, rows, progress);
    }

    @Override
    public CommitResult commit(List<SliceReceipt> receipts) throws InterruptedException {
        requireOneOfEachSlice(receipts);
        List<SliceUpload> slices = receipts.stream()
                .map(SliceUpload::of)
                .flatMap(Optional::stream)
                .sorted(Comparator.comparingInt(SliceUpload::number))
                .toList();
        Optional<ManifestFile.Published> published = manifestFile.read();
        List<Located> located = Parallel.map(slices, this::locate);
        Set<Integer> lost = located.stream()
                .filter(Located.Lost.class::isInstance)
                .map(slice -> ((Located.Lost) slice).number())
                .collect(Collectors.toSet());
        if (!lost.isEmpty()) {
            return new CommitResult.SlicesLost(lost);
        }
        List<CommittedFile> files = slices.stream()
                .map(slice -> new CommittedFile(slice.upload().key(), slice.rows(), slice.bytes(), slice.checksum()))
                .toList();
        S3Manifest manifest = S3Manifest.of(context, encoding, files, clock.instant());
        List<Located.Uploaded> uploaded = located.stream()
                .filter(Located.Uploaded.class::isInstance)
                .map(Located.Uploaded.class::cast)
                .toList();
        abortUploadsExcept(slices.stream().map(slice -> slice.upload().id()).collect(Collectors.toSet()));
        if (uploaded.isEmpty()) {
            manifestFile.publish(published, manifest);
        } else {
            manifestFile.withdraw(published, manifest);
            List<Located.Completed> _ = Parallel.map(uploaded, this::complete);
            manifestFile.publish(manifestFile.read(), manifest);
        }
        deleteStaleFiles(manifest);
        return new CommitResult.Committed(files, OptionalLong.empty());
    }

    /// Publishes the manifest of an interval without rows: with two requests where there is none yet.
    void announceEmpty() throws InterruptedException {
        S3Manifest manifest = S3Manifest.of(context, encoding, List.of(), clock.instant());
        if (manifestFile.read().isPresent() || !manifestFile.create(manifest)) {
            CommitResult _ = commit(List.of());
        }
    }

    @Override
    public void abort() {
        boolean interrupted = Thread.interrupted();
        try {
            abortUploadsExcept(Set.of());
        } catch (InterruptedException e) {
            interrupted = true;
            throw ExportException.passing("Interrupted", "Removing the unfinished uploads was interrupted.", e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void close() {
        // The destination owns the connections; a transfer holds none.
    }

    private void requireOneOfEachSlice(List<SliceReceipt> receipts) {
        Set<Integer> numbers = receipts.stream().map(SliceReceipt::number).collect(Collectors.toSet());
        Set<Integer> expected = IntStream.range(0, context.sliceCount()).boxed().collect(Collectors.toSet());
        if (receipts.size() != numbers.size() || !numbers.equals(expected)) {
            throw new ExportException(
                    "ReceiptsIncomplete",
                    ErrorKind.INTERNAL,
                    "The plan has " + context.sliceCount() + " slices, but there are " + receipts.size()
                            + " receipts to commit.",
                    "This is not expected; please report it.");
        }
    }

    private Located locate(SliceUpload slice) throws InterruptedException {
        if (!slice.upload().key().equals(keys.file(slice.number()))) {
            LOG.warn(
                    "Slice {} was written to {}, which is no longer where it belongs: the export has been changed",
                    slice.number(),
                    slice.upload().key());
            return new Located.Lost(slice.number());
        }
        Optional<List<S3Bucket.Part>> parts = bucket.parts(slice.upload());
        if (parts.isPresent() && slice.consistsOf(parts.get())) {
            return new Located.Uploaded(slice, parts.get());
        }
        if (isCompleted(slice)) {
            return new Located.Completed(slice);
        }
        LOG.warn("The upload of {} is {}", slice.upload().key(), parts.isPresent() ? "not as it was left" : "gone");
        return new Located.Lost(slice.number());
    }

    private Located.Completed complete(Located.Uploaded uploaded) throws InterruptedException {
        SliceUpload slice = uploaded.slice();
        boolean found = bucket.complete(slice.upload(), uploaded.parts());
        if (!isCompleted(slice)) {
            throw ExportException.passing(
                    "ConcurrentCommit",
                    "The file " + slice.upload().key()
                            + (found ? " was replaced by somebody else" : " lost its upload")
                            + " while it was being committed.",
                    null);
        }
        return new Located.Completed(slice);
    }

    private boolean isCompleted(SliceUpload slice) throws InterruptedException {
        return bucket.find(slice.upload().key()).filter(slice::became).isPresent();
    }

    private void abortUploadsExcept(Set<String> ids) throws InterruptedException {
        List<S3Bucket.Upload> others = unfinishedUploads().stream()
                .filter(upload -> keys.isFile(upload.key()) && !ids.contains(upload.id()))
                .toList();
        List<S3Bucket.Upload> _ = Parallel.map(others, upload -> {
            bucket.abort(upload);
            return upload;
        });
    }

    private List<S3Bucket.Upload> unfinishedUploads() throws InterruptedException {
        List<String> prefixes = new ArrayList<>(List.of(keys.stem()));
        if (!bucket.listsUploadsByPrefix()) {
            IntStream.range(0, keys.sliceCount()).mapToObj(keys::file).forEach(prefixes::add);
        }
        return Parallel.map(prefixes, bucket::uploads).stream()
                .flatMap(List::stream)
                .distinct()
                .toList();
    }

    private void deleteStaleFiles(S3Manifest manifest) throws InterruptedException {
        Set<String> current =
                manifest.files().stream().map(S3Manifest.File::key).collect(Collectors.toSet());
        List<S3Bucket.Listed> stale = bucket.list(keys.stem()).stream()
                .filter(object -> keys.isFile(object.key()) && !current.contains(object.key()))
                .toList();
        // Whoever published in the meantime deletes what is stale then: some of these may be its own.
        List<S3Bucket.Outcome> _ = Parallel.map(
                stale,
                object -> manifestFile.holds(manifest)
                        ? bucket.deleteIf(new S3Bucket.Condition.Unchanged(object.etag()), object.key())
                        : S3Bucket.Outcome.CONDITION_FAILED);
    }

    private Map<String, String> metadata(Slice slice) {
        return Map.of(
                "batch-exports-run", context.run().runId().toString(),
                "batch-exports-generation", Long.toString(context.run().generation()),
                "batch-exports-slice", Integer.toString(slice.number()));
    }

    private String contentType() {
        if (encoding.format() == FileFormat.PARQUET) {
            return "application/vnd.apache.parquet";
        }
        return encoding.compression() == Compression.NONE ? "application/x-ndjson" : "application/octet-stream";
    }
}
