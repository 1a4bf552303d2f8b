package dev.batchexports.destination.s3;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.core.error.ErrorKind;
import dev.batchexports.core.error.ExportException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.Map;
import java.util.stream.Stream;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.http.SdkHttpResponse;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.sts.model.StsException;

/// What each error of a store means. What real stores answer is seen by the contract and by
/// [S3AccessTest]; this table holds what they cannot be made to answer.
class S3ErrorsTest {
    private static final Map<String, Object> PARAMETERS = Map.of(
            "bucket_name", "exports",
            "region", "eu-west-1",
            "prefix", "team/{table}",
            "aws_access_key_id", "AKIA",
            "aws_secret_access_key", "secret");

    @ParameterizedTest
    @CsvSource({
        "SignatureDoesNotMatch,         403, USER",
        "InvalidAccessKeyId,            403, USER",
        "InvalidToken,                  400, USER",
        "AccessDenied,                  403, USER",
        "AllAccessDisabled,             403, USER",
        "NoSuchBucket,                  404, USER",
        "InvalidBucketName,             400, USER",
        "EntityTooSmall,                400, USER",
        "InvalidPart,                   400, USER",
        "PermanentRedirect,             301, USER",
        "AuthorizationHeaderMalformed,  400, USER",
        "NotImplemented,                501, USER",
        "KMS.NotFoundException,         400, USER",
        "KMS.DisabledException,         400, USER",
        "KMS.ThrottlingException,       400, TRANSIENT",
        "SlowDown,                      503, TRANSIENT",
        "ServiceUnavailable,            503, TRANSIENT",
        "InternalError,                 500, TRANSIENT",
        "InternalError,                 200, TRANSIENT",
        "RequestTimeout,                400, TRANSIENT",
        "RequestTimeTooSkewed,          403, TRANSIENT",
        "ExpiredToken,                  400, TRANSIENT",
        "BadDigest,                     400, TRANSIENT",
        "OperationAborted,              409, TRANSIENT",
        "NoSuchUpload,                  404, TRANSIENT",
        "XMinioStorageFull,             507, TRANSIENT",
        "Teapot,                        418, INTERNAL"
    })
    void saysWhoHasToAct(String code, int status, ErrorKind kind) {
        ExportException error = translate(S3Action.UPLOAD_PART, s3(code, status));

        assertThat(error.code()).isEqualTo(code);
        assertThat(error.kind()).isEqualTo(kind);
        assertThat(error.sentence()).matches("\\p{Lu}[^\\n]*\\.");
        if (kind == ErrorKind.USER) {
            assertThat(error.fix()).isNotBlank();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "301, PermanentRedirect, USER",
        "403, AccessDenied, USER",
        "429, Http429, TRANSIENT",
        "500, Http500, TRANSIENT",
        "502, Http502, TRANSIENT",
        "503, ServiceUnavailable, TRANSIENT",
        "504, Http504, TRANSIENT",
        "400, Http400, INTERNAL"
    })
    void readsTheStatusWhereThereIsNoCode(int status, String code, ErrorKind kind) {
        ExportException error = translate(S3Action.READ, s3("", status));
        assertThat(error.code()).isEqualTo(code);
        assertThat(error.kind()).isEqualTo(kind);
    }

    static Stream<Arguments> brokenConnections() {
        return Stream.of(
                Arguments.of(new SocketException("Connection reset"), "ConnectionLost"),
                Arguments.of(new IOException("Broken pipe"), "ConnectionLost"),
                Arguments.of(new ConnectException("Connection refused"), "ConnectionFailed"),
                Arguments.of(new SocketTimeoutException("Read timed out"), "Timeout"),
                Arguments.of(new UnknownHostException("nowhere"), "UnknownHost"),
                Arguments.of(
                        new SSLHandshakeException("PKIX").initCause(new IllegalStateException("no path")),
                        "TlsFailed"));
    }

    @ParameterizedTest
    @MethodSource("brokenConnections")
    void callsEveryBrokenConnectionPassing(Throwable root, String code) {
        SdkClientException error = SdkClientException.builder()
                .message("Unable to execute HTTP request")
                .cause(new RuntimeException(root))
                .build();
        ExportException translated = translate(S3Action.UPLOAD_PART, error);
        assertThat(translated.code()).isEqualTo(code);
        assertThat(translated.kind()).isEqualTo(ErrorKind.TRANSIENT);
    }

    @Test
    void namesTheRightThatIsMissing() {
        assertThat(translate(S3Action.START_UPLOAD, s3("AccessDenied", 403)).fix())
                .startsWith("Grant s3:PutObject on arn:aws:s3:::exports/team/*.");
        assertThat(translate(S3Action.LIST_UPLOADS, s3("AccessDenied", 403)).fix())
                .startsWith("Grant s3:ListBucketMultipartUploads on arn:aws:s3:::exports.");
        assertThat(translate(S3Action.READ, s3("AccessDenied", 403)).fix())
                .startsWith("Grant s3:GetObject on arn:aws:s3:::exports/team/* and s3:ListBucket on"
                        + " arn:aws:s3:::exports");
    }

    @Test
    void namesTheRightToTheKeyOfTheKeyService() {
        ExportException error = translate(
                S3Action.START_UPLOAD, s3("AccessDenied", 403, "not authorized to perform: kms:GenerateDataKey"));
        assertThat(error.fix()).contains("kms:GenerateDataKey");
    }

    @Test
    void namesTheRegionTheStoreNames() {
        AwsErrorDetails details = AwsErrorDetails.builder()
                .errorCode("PermanentRedirect")
                .sdkHttpResponse(SdkHttpResponse.builder()
                        .putHeader("x-amz-bucket-region", "us-west-2")
                        .build())
                .build();
        ExportException error = translate(S3Action.LIST, (S3Exception)
                S3Exception.builder().statusCode(301).awsErrorDetails(details).build());
        assertThat(error.fix()).isEqualTo("Set region to us-west-2.");
    }

    @Test
    void takesASessionTokenThatExpiredForPermanentBecauseNobodyRenewsIt() {
        S3Errors errors =
                new S3Errors(S3Store.configuration(S3Store.with(PARAMETERS, "aws_session_token", "canary-session")));
        ExportException error = errors.translate(S3Action.LIST, "k", s3("ExpiredToken", 400));
        assertThat(error.kind()).isEqualTo(ErrorKind.USER);
        assertThat(error.sentence() + error.fix()).doesNotContain("canary-session");
    }

    @Test
    void explainsARoleThatCannotBeAssumed() {
        S3Errors errors = new S3Errors(
                S3Store.configuration(S3Store.with(PARAMETERS, "role_arn", "arn:aws:iam::123456789012:role/exports")));
        ExportException error = errors.translate(S3Action.LIST, "k", (StsException) StsException.builder()
                .statusCode(403)
                .awsErrorDetails(
                        AwsErrorDetails.builder().errorCode("AccessDenied").build())
                .build());
        assertThat(error.kind()).isEqualTo(ErrorKind.USER);
        assertThat(error.fix()).contains("sts:AssumeRole", "external_id");
    }

    @Test
    void repeatsWhatTheStoreSaysOnlyWhenItKnowsNoBetterAndOnOneShortLine() {
        String message = "first\nsecond " + "x".repeat(500);
        assertThat(translate(S3Action.WRITE, s3("Teapot", 418, message)).sentence())
                .contains("first second")
                .doesNotContain("\n")
                .hasSizeLessThan(400);
        assertThat(translate(S3Action.WRITE, s3("SignatureDoesNotMatch", 403, message))
                        .sentence())
                .doesNotContain("first");
    }

    private static ExportException translate(S3Action action, RuntimeException error) {
        return new S3Errors(S3Store.configuration(PARAMETERS)).translate(action, "team/events/file.jsonl", error);
    }

    private static S3Exception s3(String code, int status) {
        return s3(code, status, "what the store says");
    }

    private static S3Exception s3(String code, int status, String message) {
        return (S3Exception) S3Exception.builder()
                .statusCode(status)
                .awsErrorDetails(AwsErrorDetails.builder()
                        .errorCode(code)
                        .errorMessage(message)
                        .build())
                .build();
    }
}
