package dev.batchexports.destination.s3;

import dev.batchexports.core.error.ErrorKind;
import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.run.RunKey;
import java.util.Optional;

/// The manifest of one interval in the bucket: the mark that the interval is whole, and the fence that
/// keeps an older run from changing what a later one committed.
///
/// Every change is conditional on what was read just before, so that of two runs that meet here one is
/// told so. A store that cannot check conditions leaves a window as long as one request is under way.
final class ManifestFile {
    /// How often a change is tried again after somebody else was first.
    private static final int TRIES = 5;

    private final S3Bucket bucket;
    private final String key;
    private final RunKey run;

    /// A manifest that this run may replace.
    record Published(S3Manifest manifest, String etag) {}

    ManifestFile(S3Bucket bucket, String key, RunKey run) {
        this.bucket = bucket;
        this.key = key;
        this.run = run;
    }

    /// Reads what is published.
    ///
    /// @throws ExportException when this run must not replace it: it is that of a later run, of another
    ///     export, or no manifest at all
    Optional<Published> read() throws InterruptedException {
        Optional<S3Bucket.Content> content = bucket.read(key);
        if (content.isEmpty()) {
            return Optional.empty();
        }
        S3Manifest manifest = S3Manifest.parse(content.get().text()).orElseThrow(this::unreadable);
        if (!manifest.exportId().equals(run.exportId())) {
            throw ExportException.user(
                    "PrefixInUse",
                    "Another batch export (" + manifest.exportId() + ") writes its files to the same place: " + key
                            + " is its manifest.",
                    "Give each export a prefix of its own, for example with {table}; or, if that export is gone for"
                            + " good, delete its files.");
        }
        if (manifest.generation() > run.generation()) {
            throw ExportException.user(
                    "Superseded",
                    "A later run of this interval (" + manifest.runId() + ") has been committed already; this one"
                            + " changed nothing.",
                    "Nothing needs to be done. Only if that manifest is from a former installation, delete " + key
                            + " and retry.");
        }
        return Optional.of(new Published(manifest, content.get().etag()));
    }

    /// Takes the manifest of an earlier run away, because its files are about to be replaced one by one:
    /// a manifest that is there always describes the files that are there.
    ///
    /// @param known what was published a moment ago
    void withdraw(Optional<Published> known, S3Manifest successor) throws InterruptedException {
        Optional<Published> published = known;
        for (int tried = 0; tried < TRIES; tried++) {
            if (published.isEmpty() || published.get().manifest().isSameCommit(successor)) {
                return;
            }
            if (bucket.deleteIf(new S3Bucket.Condition.Unchanged(published.get().etag()), key)
                    == S3Bucket.Outcome.DONE) {
                return;
            }
            published = read();
        }
        throw contended();
    }

    /// Publishes a manifest where [#read] has just found none.
    ///
    /// @return false when there is one now
    boolean create(S3Manifest manifest) throws InterruptedException {
        return bucket.writeIf(new S3Bucket.Condition.Absent(), key, S3Manifest.CONTENT_TYPE, manifest.toJson())
                == S3Bucket.Outcome.DONE;
    }

    /// Publishes a manifest, unless just this was published already.
    ///
    /// @param known what was published a moment ago
    void publish(Optional<Published> known, S3Manifest manifest) throws InterruptedException {
        String json = manifest.toJson();
        Optional<Published> published = known;
        for (int tried = 0; tried < TRIES; tried++) {
            if (published.isPresent() && published.get().manifest().isSameCommit(manifest)) {
                return;
            }
            if (bucket.writeIf(conditionOf(published), key, S3Manifest.CONTENT_TYPE, json) == S3Bucket.Outcome.DONE) {
                return;
            }
            published = read();
        }
        throw contended();
    }

    /// Whether a manifest is still the published one.
    boolean holds(S3Manifest manifest) throws InterruptedException {
        return bucket.read(key)
                .flatMap(content -> S3Manifest.parse(content.text()))
                .filter(published -> published.isSameCommit(manifest))
                .isPresent();
    }

    private static S3Bucket.Condition conditionOf(Optional<Published> published) {
        return published.isPresent()
                ? new S3Bucket.Condition.Unchanged(published.get().etag())
                : new S3Bucket.Condition.Absent();
    }

    private ExportException unreadable() {
        return new ExportException(
                "ManifestUnreadable",
                ErrorKind.USER,
                "The object " + key + " stands where the manifest of this interval belongs, but is none.",
                "Move it elsewhere or delete it, or choose another prefix.");
    }

    private ExportException contended() {
        return ExportException.passing(
                "ConcurrentCommit", "Others keep changing the manifest " + key + " at the same time.", null);
    }
}
