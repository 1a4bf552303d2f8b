package dev.batchexports.destination.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.batchexports.core.destination.CommitResult;
import dev.batchexports.core.destination.Destination;
import dev.batchexports.core.error.ErrorKind;
import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.interval.Interval;
import dev.batchexports.testkit.SampleRow;
import dev.batchexports.testkit.SampleRun;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// What goes over the wire, and what stores do that the real one here does not.
@ExtendWith(S3Store.Provider.class)
class S3WireTest {
    private static final Interval HOUR =
            new Interval(Instant.parse("2026-11-23T10:00:00Z"), Instant.parse("2026-11-23T11:00:00Z"));

    private final S3Store store;
    private final UUID export = UUID.randomUUID();

    S3WireTest(S3Store store) {
        this.store = store;
    }

    /// A store that redirects could lead a worker to an address that nobody checked.
    @Test
    void followsNoRedirect() {
        try (HttpStandIn elsewhere = new HttpStandIn(request -> new HttpStandIn.Answer(200, Map.of(), ""));
                HttpStandIn redirecting = new HttpStandIn(request ->
                        new HttpStandIn.Answer(307, Map.of("Location", elsewhere.url() + request.target()), ""));
                Destination destination =
                        S3Store.open(S3Store.with(store.parameters(), "endpoint_url", redirecting.url()))) {
            ExportException error = catchThrowableOfType(
                    ExportException.class, () -> run(destination, 1, 1).writeAll(destination));

            assertThat(error.code()).isEqualTo("PermanentRedirect");
            assertThat(error.kind()).isEqualTo(ErrorKind.USER);
            assertThat(redirecting.requests()).isNotEmpty();
            assertThat(elsewhere.requests()).isEmpty();
        }
    }

    @Test
    void asksForEncryptionWithTheKeyOfTheKeyService() {
        Map<String, Object> parameters = S3Store.with(store.parameters(), "encryption", "aws:kms");
        assertThat(firstRequest(S3Store.with(parameters, "kms_key_id", "key-1")))
                .satisfies(request -> {
                    assertThat(request.target()).endsWith("?uploads");
                    assertThat(request.header("x-amz-server-side-encryption")).isEqualTo("aws:kms");
                    assertThat(request.header("x-amz-server-side-encryption-aws-kms-key-id"))
                            .isEqualTo("key-1");
                });
        assertThat(firstRequest(parameters).header("x-amz-server-side-encryption-aws-kms-key-id"))
                .isEmpty();
    }

    @Test
    void putsTheBucketIntoThePathAtACompatibleStore() {
        assertThat(firstRequest(store.parameters()).target()).startsWith("/exports/");
    }

    @Test
    void sendsAChecksumWithEveryPart() throws InterruptedException {
        String uploadId = "<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>";
        try (HttpStandIn standIn = new HttpStandIn(request -> request.method().equals("POST")
                        ? new HttpStandIn.Answer(200, Map.of(), uploadId)
                        : new HttpStandIn.Answer(200, Map.of("ETag", "\"e1\""), ""));
                Destination destination =
                        S3Store.open(S3Store.with(store.parameters(), "endpoint_url", standIn.url()))) {
            run(destination, 1, 1).writeAll(destination);
            HttpStandIn.Request part = standIn.requests().getLast();
            assertThat(part.target()).contains("partNumber=1", "uploadId=u1");
            assertThat(part.header("Content-MD5")).isNotEmpty();
            assertThat(part.header("Content-Encoding")).isEmpty();
            assertThat(part.header("x-amz-trailer")).isEmpty();
        }
    }

    /// Some compatible stores know no conditional requests and say so.
    @Test
    void commitsAndReplacesAtAStoreWithoutConditionalRequests() throws Exception {
        try (StoreWithoutConditions limited = new StoreWithoutConditions(store.address());
                Destination destination =
                        S3Store.open(S3Store.with(store.parameters(), "endpoint_url", limited.url()))) {
            SampleRun earlier = run(destination, 1, 3);
            CommitResult.Committed _ = earlier.export(destination);
            CommitResult.Committed _ = run(destination, 2, 2).export(destination);

            assertThat(limited.refusals()).isPositive();
            assertThat(store.keys(earlier.context().modelName())).hasSize(3);
            ExportException superseded = catchThrowableOfType(ExportException.class, () -> earlier.export(destination));
            assertThat(superseded.code()).isEqualTo("Superseded");
        }
    }

    private HttpStandIn.Request firstRequest(Map<String, Object> parameters) {
        try (HttpStandIn standIn = new HttpStandIn(request -> new HttpStandIn.Answer(403, Map.of(), ""));
                Destination destination = S3Store.open(S3Store.with(parameters, "endpoint_url", standIn.url()))) {
            ExportException refused = catchThrowableOfType(
                    ExportException.class, () -> run(destination, 1, 1).writeAll(destination));
            assertThat(refused.code()).isEqualTo("AccessDenied");
            return standIn.requests().getFirst();
        }
    }

    private SampleRun run(Destination destination, long generation, int slices) {
        return SampleRun.of(
                export,
                "wire_" + export,
                HOUR,
                generation,
                IntStream.range(0, slices)
                        .mapToObj(slice -> SampleRow.of("run", slice, 5))
                        .toList(),
                destination.encoding());
    }
}
