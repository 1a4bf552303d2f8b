package dev.batchexports.destination.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.batchexports.core.destination.Destination;
import dev.batchexports.core.destination.SliceReceipt;
import dev.batchexports.core.destination.TestStep;
import dev.batchexports.core.error.ErrorKind;
import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.interval.Interval;
import dev.batchexports.testkit.SampleRow;
import dev.batchexports.testkit.SampleRun;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// What identities with too few rights are told, by a store that really refuses them.
@ExtendWith(S3Store.Provider.class)
class S3AccessTest {
    private static final Interval HOUR =
            new Interval(Instant.parse("2026-11-23T10:00:00Z"), Instant.parse("2026-11-23T11:00:00Z"));

    private final S3Store store;
    private final String table = "access_" + UUID.randomUUID();

    S3AccessTest(S3Store store) {
        this.store = store;
    }

    @Test
    void exportsWithRightsToNothingButThePrefix() throws InterruptedException {
        Map<String, Object> parameters = S3Store.with(store.parameters(S3Store.TEAM), "prefix", "team/{table}/{year}");
        try (Destination destination = S3Store.open(parameters)) {
            assertThat(destination.connectionTest()).allMatch(step -> step.status() == TestStep.Status.PASSED);
            SampleRun run = run(destination);
            run.export(destination);
            run.export(destination);
            run.abort(destination);
            assertThat(store.keys("team/" + table)).hasSize(2);
        }
    }

    @Test
    void connectsToTheAddressesThatWereCheckedAndToNoOthers() {
        Map<String, Object> parameters = S3Store.with(
                store.parameters(),
                "endpoint_url",
                "http://s3.example.test:" + store.address().getPort());
        try (Destination destination = S3Store.open(parameters, host -> List.of(InetAddress.getLoopbackAddress()))) {
            assertThat(destination.connectionTest()).allMatch(step -> step.status() == TestStep.Status.PASSED);
        }
        try (Destination destination = S3Store.open(store.parameters(), host -> {
            throw new UnknownHostException("not allowed");
        })) {
            assertThat(destination.connectionTest()).noneMatch(step -> step.status() == TestStep.Status.PASSED);
        }
    }

    @Test
    void saysWhatToGrantForAnotherPrefix() {
        Map<String, Object> parameters = S3Store.with(store.parameters(S3Store.TEAM), "prefix", "other/{table}");
        try (Destination destination = S3Store.open(parameters)) {
            SampleRun run = run(destination);
            ExportException error = failure(() -> run.writeAll(destination));
            assertThat(error.code()).isEqualTo("AccessDenied");
            assertThat(error.kind()).isEqualTo(ErrorKind.USER);
            assertThat(error.fix()).startsWith("Grant s3:PutObject on arn:aws:s3:::exports/other/*.");
        }
    }

    @Test
    void saysWhatToGrantToWhoMayOnlyRead() {
        try (Destination destination = S3Store.open(store.parameters(S3Store.READER))) {
            assertThat(failed(destination.connectionTest())).satisfies(step -> {
                assertThat(step.name()).isEqualTo("write");
                assertThat(step.message()).startsWith("AccessDenied: ");
                assertThat(step.fix()).contains("s3:PutObject");
            });
        }
    }

    @Test
    void saysWhatToGrantToWhoMayOnlyWrite() throws InterruptedException {
        try (Destination destination = S3Store.open(store.parameters(S3Store.WRITER));
                Destination administrator = S3Store.open(store.parameters())) {
            assertThat(failed(destination.connectionTest())).satisfies(step -> {
                assertThat(step.message()).startsWith("AccessDenied: ");
                assertThat(step.fix()).contains("s3:ListMultipartUploadParts");
            });
            SampleRun run = run(administrator);
            List<SliceReceipt> receipts = run.writeAll(administrator);
            ExportException error = failure(() -> run.commit(destination, receipts));
            assertThat(error.fix()).contains("s3:GetObject", "s3:ListBucket");
            run.abort(administrator);
        }
    }

    @Test
    void cleansUpAfterAConnectionTestThatFailed() {
        Map<String, Object> parameters = S3Store.with(store.parameters(S3Store.WRITER), "prefix", "cleanup/" + table);
        try (Destination destination = S3Store.open(parameters)) {
            assertThat(failed(destination.connectionTest()).name()).isEqualTo("write");
            assertThat(store.keys("cleanup/")).isEmpty();
            assertThat(store.uploads("cleanup/")).isEmpty();
        }
    }

    @Test
    void tellsAWrongSecretFromAnUnknownKeyAndAMissingBucket() {
        assertThat(codeWith("aws_secret_access_key", S3Store.WRONG_SECRET)).isEqualTo("SignatureDoesNotMatch");
        assertThat(codeWith("aws_access_key_id", "nobody")).isEqualTo("InvalidAccessKeyId");
        assertThat(codeWith("bucket_name", "no-such-bucket")).isEqualTo("NoSuchBucket");
        assertThat(codeWith("endpoint_url", "http://127.0.0.1:9")).isEqualTo("ConnectionFailed");
        assertThat(codeWith("endpoint_url", "http://no-such-host.invalid")).isEqualTo("UnknownHost");
        assertThat(codeWith(
                        "endpoint_url", "https://127.0.0.1:" + store.address().getPort()))
                .isEqualTo("TlsFailed");
    }

    private String codeWith(String parameter, String value) {
        try (Destination destination = S3Store.open(S3Store.with(store.parameters(), parameter, value))) {
            SampleRun run = run(destination);
            ExportException error = failure(() -> run.writeAll(destination));
            assertThat(error.fix()).isNotBlank();
            assertThat(failed(destination.connectionTest()).message()).startsWith(error.code() + ": ");
            return error.code();
        }
    }

    private SampleRun run(Destination destination) {
        return SampleRun.of(
                UUID.randomUUID(), table, HOUR, 1, List.of(SampleRow.of("run", 0, 10)), destination.encoding());
    }

    private static TestStep failed(List<TestStep> steps) {
        assertThat(steps)
                .filteredOn(step -> step.status() == TestStep.Status.FAILED)
                .hasSize(1);
        return steps.stream()
                .filter(step -> step.status() == TestStep.Status.FAILED)
                .findFirst()
                .orElseThrow();
    }

    private static ExportException failure(ThrowingCallable call) {
        ExportException error = catchThrowableOfType(ExportException.class, call);
        assertThat(error).isNotNull();
        return error;
    }
}
