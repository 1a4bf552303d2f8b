package dev.batchexports.destination.s3;

import dev.batchexports.core.error.ExportException;
import java.io.ByteArrayInputStream;
import java.io.InterruptedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.ResponseBytes;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListMultipartUploadsResponse;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.ServerSideEncryption;

/// The bucket, as far as an export needs it, and the only place that talks to the store. Thread-safe.
///
/// What goes wrong comes out as [ExportException]; an interrupt of the calling thread comes out as
/// InterruptedException, after which the outcome of the request is unknown.
final class S3Bucket {
    private static final Logger LOG = LoggerFactory.getLogger(S3Bucket.class);

    /// How long tidying up after a failure may take: it must not hold up the end of a cancelled run.
    private static final Duration CLEAN_UP_TIMEOUT = Duration.ofSeconds(5);

    /// An unfinished multipart upload: invisible, and completed by its id alone.
    record Upload(String key, String id) {}

    record Part(int number, long bytes, String etag) {}

    /// An object that is there.
    record Found(long bytes, Map<String, String> metadata) {}

    /// An object in a listing. The ETag identifies its present content.
    record Listed(String key, String etag) {}

    /// A small text object, read whole.
    record Content(String text, String etag) {}

    /// What must hold for a conditional write to happen.
    sealed interface Condition {
        record Absent() implements Condition {}

        record Unchanged(String etag) implements Condition {}
    }

    /// How a conditional request ended.
    enum Outcome {
        DONE,
        /// Somebody else was first; nothing was changed by this request, unless the reply to an earlier
        /// try of it was lost.
        CONDITION_FAILED
    }

    private final S3Client client;
    private final S3Errors errors;
    private final String name;
    private final S3Configuration configuration;

    S3Bucket(S3Client client, S3Configuration configuration) {
        this.client = client;
        this.configuration = configuration;
        this.errors = new S3Errors(configuration);
        this.name = configuration.bucketName();
    }

    /// Starts an upload. Called again it starts another one.
    Upload startUpload(String key, String contentType, Map<String, String> metadata) throws InterruptedException {
        return new Upload(
                key,
                call(
                                S3Action.START_UPLOAD,
                                key,
                                () -> client.createMultipartUpload(request -> {
                                    request.bucket(name)
                                            .key(key)
                                            .contentType(contentType)
                                            .metadata(metadata);
                                    encrypt(request);
                                }))
                        .uploadId());
    }

    /// Uploads a part, replacing what was uploaded under its number before. The store checks the bytes
    /// against their MD5, the one checksum that every store knows.
    ///
    /// @param number from 1
    Part uploadPart(Upload upload, int number, byte[] buffer, int length) throws InterruptedException {
        String md5 = md5(buffer, length);
        return new Part(
                number,
                length,
                call(
                                S3Action.UPLOAD_PART,
                                upload.key(),
                                () -> client.uploadPart(
                                        request -> request.bucket(name)
                                                .key(upload.key())
                                                .uploadId(upload.id())
                                                .partNumber(number)
                                                .contentMD5(md5)
                                                .contentLength((long) length),
                                        body(buffer, length)))
                        .eTag());
    }

    /// The parts of an upload in their order; empty when there is no such upload (any more). A part that
    /// was sent twice counts once: SeaweedFS lists it as often as it came.
    Optional<List<Part>> parts(Upload upload) throws InterruptedException {
        return callUnless(
                S3Bucket::isNotFound,
                S3Action.LIST_PARTS,
                upload.key(),
                () -> client
                        .listPartsPaginator(request ->
                                request.bucket(name).key(upload.key()).uploadId(upload.id()))
                        .parts()
                        .stream()
                        .map(part -> new Part(part.partNumber(), part.size(), part.eTag()))
                        .distinct()
                        .sorted(Comparator.comparingInt(Part::number))
                        .toList());
    }

    /// Makes an upload's parts the object's content, in one step.
    ///
    /// @return whether there was such an upload; if not, it may have been completed before or be lost
    boolean complete(Upload upload, List<Part> parts) throws InterruptedException {
        List<CompletedPart> completed = parts.stream()
                .map(part -> CompletedPart.builder()
                        .partNumber(part.number())
                        .eTag(part.etag())
                        .build())
                .toList();
        return callUnless(
                        S3Bucket::isNotFound,
                        S3Action.COMPLETE_UPLOAD,
                        upload.key(),
                        () -> client.completeMultipartUpload(request -> request.bucket(name)
                                .key(upload.key())
                                .uploadId(upload.id())
                                .multipartUpload(parted -> parted.parts(completed))))
                .isPresent();
    }

    /// Removes an upload with its parts. Does nothing when it is not there.
    void abort(Upload upload) throws InterruptedException {
        abort(upload, override -> {});
    }

    /// Removes an upload after a failure or an interrupt, as well as it goes: what stays behind is found
    /// by the run's commit or abort. Leaves the thread's interrupt flag as it was.
    void abandon(Upload upload) {
        boolean interrupted = Thread.interrupted();
        try {
            abort(upload, override -> override.apiCallTimeout(CLEAN_UP_TIMEOUT));
        } catch (ExportException e) {
            LOG.warn("Could not abort the upload of {} after a failure: {}", upload.key(), e.code());
        } catch (InterruptedException e) {
            interrupted = true;
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void abort(Upload upload, Consumer<AwsRequestOverrideConfiguration.Builder> override)
            throws InterruptedException {
        Optional<?> _ = callUnless(
                S3Bucket::isNotFound,
                S3Action.ABORT_UPLOAD,
                upload.key(),
                () -> client.abortMultipartUpload(request -> request.bucket(name)
                        .key(upload.key())
                        .uploadId(upload.id())
                        .overrideConfiguration(override)));
    }

    /// Whether [#uploads] can be trusted with a prefix. Some compatible stores (MinIO) know only whole keys
    /// there and answer nothing for a shorter one; AWS does as it says.
    boolean listsUploadsByPrefix() {
        return configuration.endpointUrl() == null;
    }

    /// The unfinished uploads of keys that begin with a prefix, see [#listsUploadsByPrefix].
    List<Upload> uploads(String prefix) throws InterruptedException {
        return call(S3Action.LIST_UPLOADS, prefix, () -> {
            List<Upload> uploads = new ArrayList<>();
            String keyMarker = null;
            String idMarker = null;
            ListMultipartUploadsResponse page;
            do {
                page = uploadsAfter(prefix, keyMarker, idMarker);
                page.uploads().forEach(upload -> uploads.add(new Upload(upload.key(), upload.uploadId())));
                keyMarker = page.nextKeyMarker();
                idMarker = page.nextUploadIdMarker();
            } while (Boolean.TRUE.equals(page.isTruncated()) && keyMarker != null);
            return uploads;
        });
    }

    private ListMultipartUploadsResponse uploadsAfter(
            String prefix, @Nullable String keyMarker, @Nullable String idMarker) {
        return client.listMultipartUploads(request -> {
            request.bucket(name).prefix(prefix);
            if (keyMarker != null) {
                request.keyMarker(keyMarker);
            }
            if (idMarker != null) {
                request.uploadIdMarker(idMarker);
            }
        });
    }

    /// Looks an object up without reading it.
    Optional<Found> find(String key) throws InterruptedException {
        return callUnless(S3Bucket::isNotFound, S3Action.READ, key, () -> {
            HeadObjectResponse head =
                    client.headObject(request -> request.bucket(name).key(key));
            return new Found(head.contentLength(), head.metadata());
        });
    }

    /// Reads a small text object whole.
    Optional<Content> read(String key) throws InterruptedException {
        return callUnless(S3Bucket::isNotFound, S3Action.READ, key, () -> {
            ResponseBytes<GetObjectResponse> content =
                    client.getObjectAsBytes(request -> request.bucket(name).key(key));
            return new Content(content.asUtf8String(), content.response().eTag());
        });
    }

    /// Writes a small text object if the condition holds. A store that cannot check conditions writes without:
    /// the caller has to have looked just before.
    Outcome writeIf(Condition condition, String key, String contentType, String text) throws InterruptedException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return conditionally(
                S3Action.WRITE,
                key,
                () -> write(key, contentType, bytes, request -> {
                    switch (condition) {
                        case Condition.Absent() -> request.ifNoneMatch("*");
                        case Condition.Unchanged(String etag) -> request.ifMatch(etag);
                    }
                }),
                () -> write(key, contentType, bytes, request -> {}));
    }

    private void write(String key, String contentType, byte[] bytes, Consumer<PutObjectRequest.Builder> condition) {
        client.putObject(
                request -> {
                    request.bucket(name)
                            .key(key)
                            .contentType(contentType)
                            .contentLength((long) bytes.length)
                            .contentMD5(md5(bytes, bytes.length));
                    encrypt(request);
                    condition.accept(request);
                },
                body(bytes, bytes.length));
    }

    /// Deletes an object if its content is still that of the ETag. A store that cannot check this deletes
    /// without: the caller has to have looked just before. An object that is not there counts as changed.
    Outcome deleteIf(Condition.Unchanged condition, String key) throws InterruptedException {
        return conditionally(
                S3Action.DELETE,
                key,
                () -> client.deleteObject(
                        request -> request.bucket(name).key(key).ifMatch(condition.etag())),
                () -> client.deleteObject(request -> request.bucket(name).key(key)));
    }

    /// Deletes an object; does nothing when it is not there.
    void delete(String key) throws InterruptedException {
        Optional<?> _ = callUnless(
                S3Bucket::isNotFound,
                S3Action.DELETE,
                key,
                () -> client.deleteObject(request -> request.bucket(name).key(key)));
    }

    /// The objects whose keys begin with a prefix.
    List<Listed> list(String prefix) throws InterruptedException {
        return call(
                S3Action.LIST,
                prefix,
                () -> client
                        .listObjectsV2Paginator(request -> request.bucket(name).prefix(prefix))
                        .contents()
                        .stream()
                        .map(object -> new Listed(object.key(), object.eTag()))
                        .toList());
    }

    private Outcome conditionally(S3Action action, String key, Runnable conditional, Runnable unconditional)
            throws InterruptedException {
        try {
            return callUnless(S3Bucket::isConditionFailed, action, key, () -> run(conditional))
                    .orElse(Outcome.CONDITION_FAILED);
        } catch (ExportException e) {
            if (!e.code().equals("NotImplemented")) {
                throw e;
            }
            return call(action, key, () -> run(unconditional));
        }
    }

    private static Outcome run(Runnable request) {
        request.run();
        return Outcome.DONE;
    }

    private <T> T call(S3Action action, String key, Supplier<T> request) throws InterruptedException {
        return callUnless(error -> false, action, key, request)
                .orElseThrow(() -> new IllegalStateException("no error was expected"));
    }

    /// @return empty when the request failed with an expected error
    private <T> Optional<T> callUnless(
            Predicate<AwsServiceException> expected, S3Action action, String key, Supplier<T> request)
            throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        try {
            return Optional.of(request.get());
        } catch (RuntimeException e) {
            if (isInterrupt(e)) {
                Thread.interrupted();
                throw interrupted(e);
            }
            if (e instanceof AwsServiceException service && expected.test(service)) {
                return Optional.empty();
            }
            throw errors.translate(action, key, e);
        }
    }

    private static InterruptedException interrupted(RuntimeException cause) {
        InterruptedException interrupt = new InterruptedException();
        interrupt.initCause(cause);
        return interrupt;
    }

    /// The SDK shows an interrupt in several ways, and not always with the thread's flag still set.
    private static boolean isInterrupt(RuntimeException error) {
        if (Thread.currentThread().isInterrupted()) {
            return true;
        }
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            if (cause instanceof AbortedException
                    || cause instanceof InterruptedException
                    || cause instanceof ClosedByInterruptException
                    || cause.getClass() == InterruptedIOException.class) {
                return true;
            }
        }
        return false;
    }

    /// Whether the object or upload is not there. A missing bucket is another matter.
    private static boolean isNotFound(AwsServiceException error) {
        String code = S3Errors.code(error);
        return code.equals("NoSuchUpload")
                || code.equals("NoSuchKey")
                || (error.statusCode() == 404 && !code.equals("NoSuchBucket"));
    }

    /// AWS says 409 when two conditional writes meet, and 404 when what should be unchanged is gone.
    private static boolean isConditionFailed(AwsServiceException error) {
        return error.statusCode() == 412
                || S3Errors.code(error).equals("ConditionalRequestConflict")
                || isNotFound(error);
    }

    private void encrypt(CreateMultipartUploadRequest.Builder request) {
        switch (configuration.encryption()) {
            case S3Configuration.ENCRYPTION_SSE_S3 -> request.serverSideEncryption(ServerSideEncryption.AES256);
            case S3Configuration.ENCRYPTION_SSE_KMS ->
                request.serverSideEncryption(ServerSideEncryption.AWS_KMS).ssekmsKeyId(configuration.kmsKeyId());
            default -> {}
        }
    }

    private void encrypt(PutObjectRequest.Builder request) {
        switch (configuration.encryption()) {
            case S3Configuration.ENCRYPTION_SSE_S3 -> request.serverSideEncryption(ServerSideEncryption.AES256);
            case S3Configuration.ENCRYPTION_SSE_KMS ->
                request.serverSideEncryption(ServerSideEncryption.AWS_KMS).ssekmsKeyId(configuration.kmsKeyId());
            default -> {}
        }
    }

    /// A body that the SDK can read again for a retry, without a copy of the bytes.
    private static RequestBody body(byte[] buffer, int length) {
        return RequestBody.fromContentProvider(
                () -> new ByteArrayInputStream(buffer, 0, length), length, "application/octet-stream");
    }

    private static String md5(byte[] buffer, int length) {
        try {
            MessageDigest md5 = MessageDigest.getInstance("MD5");
            md5.update(buffer, 0, length);
            return Base64.getEncoder().encodeToString(md5.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has MD5", e);
        }
    }
}
