package dev.batchexports.destination.s3;

import dev.batchexports.core.destination.TestStep;
import dev.batchexports.core.error.ExportException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.sts.model.StsException;

/// Tries every right that an export needs, with objects of its own below the constant part of the prefix,
/// and removes them again.
final class S3ConnectionTester {
    private static final String CONTENT = "Batch Exports was here.\n";

    /// Codes that say who is asking, rather than what is asked for, is refused.
    private static final Set<String> AUTHENTICATION_CODES = Set.of(
            "SignatureDoesNotMatch",
            "InvalidAccessKeyId",
            "InvalidClientTokenId",
            "UnrecognizedClientException",
            "InvalidToken",
            "InvalidSecurity",
            "TokenRefreshRequired",
            "ExpiredToken",
            "RequestTimeTooSkewed",
            "NoCredentials",
            "RegionDisabledException",
            "NotSignedUp",
            "AccountProblem");

    private static final Set<String> CONNECTION_CODES =
            Set.of("UnknownHost", "ConnectionFailed", "ConnectionLost", "TlsFailed", "Timeout");

    private final S3Bucket bucket;
    private final S3Configuration configuration;
    private final String folder;
    private final String key;
    private final List<TestStep> steps = new ArrayList<>();
    private S3Bucket.@Nullable Upload unfinished;
    private boolean isWritten;

    S3ConnectionTester(S3Bucket bucket, S3Configuration configuration) {
        this.bucket = bucket;
        this.configuration = configuration;
        this.folder = configuration.prefixTemplate().constantFolder();
        this.key = folder + ".batch_exports_test-" + UUID.randomUUID();
    }

    private enum Step {
        CONNECT("connect", "Open a connection to the store"),
        AUTHENTICATE("authenticate", "Log in with the credentials"),
        FIND("find", "Find the bucket in the region"),
        WRITE("write", "Upload a test file in one part and complete it"),
        READ("read", "Read the test file back and compare it"),
        LIST("list", "List the test file"),
        DELETE("delete", "Delete the test file"),
        ABORT("abort", "Start an upload, find it, and abort it");

        private final String word;
        private final String description;

        Step(String word, String description) {
            this.word = word;
            this.description = description;
        }
    }

    private interface Attempt {
        /// @throws ExportException when the step failed
        void run() throws InterruptedException;
    }

    List<TestStep> run() {
        try {
            if (reach()) {
                attempt(Step.WRITE, this::write);
                attempt(Step.READ, this::read);
                attempt(Step.LIST, this::list);
                attempt(Step.DELETE, this::delete);
                attempt(Step.ABORT, this::abort);
            }
        } finally {
            cleanUp();
        }
        Arrays.stream(Step.values())
                .skip(steps.size())
                .forEach(step -> steps.add(TestStep.skipped(step.word, step.description)));
        return List.copyOf(steps);
    }

    /// One listing tells three steps apart by how it fails. That it is not permitted shows later, as the
    /// step `list`.
    private boolean reach() {
        Optional<ExportException> failure = failureOf(() -> bucket.list(key));
        Step failed = failure.map(S3ConnectionTester::stepOf).orElse(null);
        for (Step step : List.of(Step.CONNECT, Step.AUTHENTICATE, Step.FIND)) {
            if (step == failed) {
                fail(step, failure.get());
                return false;
            }
            steps.add(TestStep.passed(step.word, step.description));
        }
        return true;
    }

    /// @return null for a failure that is none of the three's
    private static @Nullable Step stepOf(ExportException failure) {
        if (CONNECTION_CODES.contains(failure.code())) {
            return Step.CONNECT;
        }
        if (AUTHENTICATION_CODES.contains(failure.code()) || failure.getCause() instanceof StsException) {
            return Step.AUTHENTICATE;
        }
        return failure.code().equals("AccessDenied") ? null : Step.FIND;
    }

    private void write() throws InterruptedException {
        S3Bucket.Upload upload = bucket.startUpload(key, "text/plain", Map.of());
        unfinished = upload;
        byte[] bytes = CONTENT.getBytes(StandardCharsets.UTF_8);
        S3Bucket.Part part = bucket.uploadPart(upload, 1, bytes, bytes.length);
        List<S3Bucket.Part> parts = bucket.parts(upload).orElseThrow(() -> unexpected("The upload was not found."));
        if (!parts.equals(List.of(part)) || !bucket.complete(upload, parts)) {
            throw unexpected("The upload did not hold what was uploaded.");
        }
        isWritten = true;
        unfinished = null;
    }

    private void read() throws InterruptedException {
        S3Bucket.Content content =
                bucket.read(key).orElseThrow(() -> unexpected("The test file was not there after it was written."));
        if (!content.text().equals(CONTENT)) {
            throw unexpected("The test file held something else than was written.");
        }
    }

    private void list() throws InterruptedException {
        if (bucket.list(key).size() != 1) {
            throw unexpected("The test file was not in the listing after it was written.");
        }
    }

    private void delete() throws InterruptedException {
        bucket.delete(key);
        isWritten = false;
        if (bucket.find(key).isPresent()) {
            throw unexpected("The test file was still there after it was deleted.");
        }
    }

    private void abort() throws InterruptedException {
        S3Bucket.Upload upload = bucket.startUpload(key, "text/plain", Map.of());
        unfinished = upload;
        if (!bucket.uploads(key).contains(upload)) {
            throw unexpected("The upload was not in the listing after it was started.");
        }
        bucket.abort(upload);
        unfinished = null;
    }

    private void attempt(Step step, Attempt attempt) {
        boolean failedBefore = steps.stream().anyMatch(done -> done.status() == TestStep.Status.FAILED);
        if (failedBefore) {
            return;
        }
        failureOf(attempt)
                .ifPresentOrElse(
                        failure -> fail(step, failure), () -> steps.add(TestStep.passed(step.word, step.description)));
    }

    private void fail(Step step, ExportException failure) {
        steps.add(TestStep.failed(
                step.word, step.description, failure.code() + ": " + failure.sentence(), failure.fix()));
    }

    private static Optional<ExportException> failureOf(Attempt attempt) {
        try {
            attempt.run();
            return Optional.empty();
        } catch (ExportException e) {
            return Optional.of(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.of(ExportException.passing("Interrupted", "The test was interrupted.", e));
        }
    }

    private void cleanUp() {
        if (unfinished != null) {
            bucket.abandon(unfinished);
        }
        if (isWritten) {
            Optional<ExportException> _ = failureOf(() -> bucket.delete(key));
        }
    }

    private ExportException unexpected(String sentence) {
        return ExportException.user(
                "StoreIncompatible",
                sentence,
                "Check that the store at "
                        + (configuration.endpointUrl() == null ? "AWS" : configuration.endpointUrl())
                        + " is compatible with S3 and answers consistently.");
    }
}
