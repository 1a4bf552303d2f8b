package dev.batchexports.destination.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.batchexports.core.destination.Destination;
import dev.batchexports.core.destination.TestStep;
import dev.batchexports.core.error.ErrorKind;
import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.interval.Interval;
import dev.batchexports.testkit.SampleRow;
import dev.batchexports.testkit.SampleRun;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// Assuming a role, with a stand-in for AWS STS that checks the role and the external ID and hands out
/// credentials of a restricted user of the real store.
///
/// The stand-in is not AWS: it does not check the signature of the request, and the credentials it hands
/// out are a plain user's, with an empty session token, which AWS never gives, and without an end.
@ExtendWith(S3Store.Provider.class)
class S3RoleTest {
    private static final String STS_ENDPOINT = "aws.endpointUrlSts";
    private static final String ROLE = "arn:aws:iam::123456789012:role/exports";
    private static final String EXTERNAL_ID = "tenant-42";

    private final S3Store store;
    private final HttpStandIn sts = new HttpStandIn(S3RoleTest::answer);

    S3RoleTest(S3Store store) {
        this.store = store;
    }

    @BeforeEach
    void pointTheSdkToTheStandIn() {
        System.setProperty(STS_ENDPOINT, sts.url());
    }

    @AfterEach
    void forgetTheStandIn() {
        System.clearProperty(STS_ENDPOINT);
        sts.close();
    }

    @Test
    void exportsWithTheCredentialsOfTheRole() throws InterruptedException {
        try (Destination destination = S3Store.open(parameters(EXTERNAL_ID))) {
            assertThat(destination.connectionTest()).allMatch(step -> step.status() == TestStep.Status.PASSED);
            SampleRun run = SampleRun.of(
                    UUID.randomUUID(),
                    "role_" + UUID.randomUUID(),
                    new Interval(Instant.parse("2026-11-23T10:00:00Z"), Instant.parse("2026-11-23T11:00:00Z")),
                    1,
                    List.of(SampleRow.of("role", 0, 3)),
                    destination.encoding());
            run.export(destination);
            assertThat(store.keys("team/" + run.context().modelName())).hasSize(2);
        }
        assertThat(sts.requests()).hasSize(1);
        assertThat(sts.requests().getFirst().body())
                .contains("Action=AssumeRole", "ExternalId=" + EXTERNAL_ID, "RoleSessionName=batch-exports");
    }

    @Test
    void saysWhatToChangeWhenTheExternalIdIsWrong() {
        try (Destination destination = S3Store.open(parameters("somebody-else"))) {
            List<TestStep> steps = destination.connectionTest();
            assertThat(steps.get(1).name()).isEqualTo("authenticate");
            assertThat(steps.get(1).status()).isEqualTo(TestStep.Status.FAILED);
            assertThat(steps.get(1).fix()).contains("external_id");

            ExportException error = catchThrowableOfType(
                    ExportException.class,
                    () -> SampleRun.of(
                                    UUID.randomUUID(),
                                    "role",
                                    new Interval(
                                            Instant.parse("2026-11-23T10:00:00Z"),
                                            Instant.parse("2026-11-23T11:00:00Z")),
                                    1,
                                    List.of(SampleRow.of("role", 0, 3)),
                                    destination.encoding())
                            .export(destination));
            assertThat(error.kind()).isEqualTo(ErrorKind.USER);
            assertThat(error.sentence()).contains(ROLE);
        }
    }

    private Map<String, Object> parameters(String externalId) {
        Map<String, Object> parameters = S3Store.with(store.parameters(), "prefix", "team/{table}/{year}");
        parameters = S3Store.with(parameters, "role_arn", ROLE);
        return S3Store.with(parameters, "external_id", externalId);
    }

    private static HttpStandIn.Answer answer(HttpStandIn.Request request) {
        boolean trusted = request.body().contains("RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fexports")
                && request.body().contains("ExternalId=" + EXTERNAL_ID);
        Map<String, String> headers = Map.of("Content-Type", "text/xml");
        if (!trusted) {
            return new HttpStandIn.Answer(403, headers, """
                    <ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>
                    <Code>AccessDenied</Code><Message>not authorized to perform: sts:AssumeRole</Message></Error>
                    <RequestId>1</RequestId></ErrorResponse>""");
        }
        return new HttpStandIn.Answer(
                200, headers, """
                <AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
                <AssumedRoleUser><AssumedRoleId>A:batch-exports</AssumedRoleId>
                <Arn>arn:aws:sts::123456789012:assumed-role/exports/batch-exports</Arn></AssumedRoleUser>
                <Credentials><AccessKeyId>%s</AccessKeyId><SecretAccessKey>%s</SecretAccessKey>
                <SessionToken></SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration></Credentials>
                </AssumeRoleResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>
                </AssumeRoleResponse>""".formatted(S3Store.TEAM.accessKeyId(), S3Store.TEAM.secretAccessKey()));
    }
}
