package dev.batchexports.destination.s3;

import dev.batchexports.core.error.ErrorKind;
import dev.batchexports.core.error.ExportException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.ApiCallAttemptTimeoutException;
import software.amazon.awssdk.core.exception.ApiCallTimeoutException;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.sts.model.StsException;

/// Says of every error of the store who has to act on it, in a sentence, and what to change.
///
/// The SDK's own opinion ([software.amazon.awssdk.core.exception.SdkException#retryable()]) is not
/// asked: it takes a reset or refused connection for permanent. What counts is the store's error code,
/// and for everything else the root cause.
final class S3Errors {
    private static final Pattern REGION = Pattern.compile("[a-z0-9-]{1,40}");
    private static final Pattern CODE = Pattern.compile("[A-Za-z][A-Za-z0-9_.]{1,99}");
    private static final Pattern NOT_PRINTABLE = Pattern.compile("[\\p{Cntrl}\\s]+");
    private static final int LONGEST_STORE_MESSAGE = 200;

    private final S3Configuration configuration;

    S3Errors(S3Configuration configuration) {
        this.configuration = configuration;
    }

    /// @param key the object or, for listings, the prefix that the request was about
    ExportException translate(S3Action action, String key, RuntimeException error) {
        return switch (error) {
            case ExportException export -> export;
            case StsException sts -> ofSts(sts);
            case AwsServiceException service -> ofStore(action, key, service);
            case ApiCallTimeoutException timeout -> timedOut(action, key, timeout);
            case ApiCallAttemptTimeoutException timeout -> timedOut(action, key, timeout);
            case SdkClientException client -> ofClient(action, key, client);
            default ->
                new ExportException(
                        "UnexpectedError",
                        ErrorKind.INTERNAL,
                        "Could not " + action.words() + " " + at(key) + ": "
                                + error.getClass().getSimpleName() + ".",
                        "This is not expected; please report it.",
                        error);
        };
    }

    /// The store's error code; where there is none, as in the answer to a HEAD request, a word for its
    /// HTTP status.
    static String code(AwsServiceException error) {
        String code = Optional.ofNullable(error.awsErrorDetails())
                .map(AwsErrorDetails::errorCode)
                .orElse("");
        if (CODE.matcher(code).matches()) {
            return code.equals("Forbidden") ? "AccessDenied" : code;
        }
        return switch (error.statusCode()) {
            case 301, 307, 308 -> "PermanentRedirect";
            case 403 -> "AccessDenied";
            case 404 -> "NotFound";
            case 412 -> "PreconditionFailed";
            case 503 -> "ServiceUnavailable";
            default -> "Http" + error.statusCode();
        };
    }

    private ExportException ofStore(S3Action action, String key, AwsServiceException error) {
        String code = code(error);
        if (code.startsWith("KMS.")) {
            return ofKms(code, error);
        }
        return switch (code) {
            case "SignatureDoesNotMatch" ->
                user(
                        code,
                        error,
                        "S3 rejected the signature: aws_secret_access_key does not belong to aws_access_key_id.",
                        "Enter the secret access key again, or create a new access key.");
            case "InvalidAccessKeyId" ->
                user(
                        code,
                        error,
                        "S3 does not know the access key ID.",
                        "Check aws_access_key_id; the key may have been deleted or belong to another store.");
            case "InvalidToken", "InvalidSecurity", "TokenRefreshRequired" ->
                user(
                        code,
                        error,
                        "S3 rejected the credentials as malformed or no longer valid.",
                        "Enter aws_access_key_id, aws_secret_access_key and, for temporary ones,"
                                + " aws_session_token again.");
            case "ExpiredToken", "ExpiredTokenException", "RequestExpired" -> ofExpiredToken(error);
            case "AccessDenied", "AllAccessDisabled", "AccountProblem", "NotSignedUp", "InvalidPayer" ->
                ofDenied(action, key, code, error);
            case "NoSuchBucket" ->
                user(
                        code,
                        error,
                        "The bucket " + configuration.bucketName() + " does not exist at " + store() + ".",
                        "Create the bucket, or correct bucket_name, region or endpoint_url.");
            case "InvalidBucketName" ->
                user(
                        code,
                        error,
                        "The store does not accept the bucket name " + configuration.bucketName() + ".",
                        "Correct bucket_name.");
            case "PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException" ->
                ofWrongRegion(code, error);
            case "EntityTooSmall", "EntityTooLarge", "InvalidPart", "InvalidPartOrder", "KeyTooLongError" ->
                user(
                        code,
                        error,
                        "The store does not accept the file " + at(key) + " as it was uploaded (" + code + ").",
                        "Set or change max_file_size_mb or the prefix; if that does not help, please report it.");
            case "NotImplemented", "MethodNotAllowed" ->
                user(
                        code,
                        error,
                        "The store cannot " + action.words() + " " + at(key) + ": it does not implement that request.",
                        "Use a store that implements S3 multipart uploads, listings and the chosen encryption.");
            case "NoSuchUpload" ->
                new ExportException(
                        code,
                        ErrorKind.TRANSIENT,
                        "The upload of " + at(key) + " is no longer there; it is started again.",
                        "",
                        error);
            case "RequestTimeTooSkewed" ->
                new ExportException(
                        code,
                        ErrorKind.TRANSIENT,
                        "The worker's clock differs too much from that of the store.",
                        "Synchronise the worker's clock.",
                        error);
            case "BadDigest", "InvalidDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch" ->
                ExportException.passing(
                        code, "Bytes of " + at(key) + " arrived damaged at the store, which rejected them.", error);
            case "RequestTimeout",
                    "SlowDown",
                    "ServiceUnavailable",
                    "InternalError",
                    "OperationAborted",
                    "ConditionalRequestConflict",
                    "TemporaryRedirect",
                    "IncompleteBody",
                    "Throttling",
                    "ThrottlingException",
                    "RequestLimitExceeded",
                    "BandwidthLimitExceeded",
                    "TooManyRequests" -> busy(action, key, code, error);
            default -> ofStatus(action, key, code, error);
        };
    }

    private ExportException ofStatus(S3Action action, String key, String code, AwsServiceException error) {
        return switch (error.statusCode()) {
            case 401, 403 -> ofDenied(action, key, code, error);
            case 408, 425, 429 -> busy(action, key, code, error);
            case 507 ->
                new ExportException(
                        code,
                        ErrorKind.TRANSIENT,
                        "The store has no room left to " + action.words() + " " + at(key) + ".",
                        "Make room at the store or raise its quota.",
                        error);
            default ->
                error.statusCode() >= 500
                        ? busy(action, key, code, error)
                        : new ExportException(
                                code,
                                ErrorKind.INTERNAL,
                                "The store refused to " + action.words() + " " + at(key) + " with " + code + " (HTTP "
                                        + error.statusCode() + ")" + message(error) + ".",
                                "Look the code up in the store's documentation; if it stays, please report it.",
                                error);
        };
    }

    private ExportException ofDenied(S3Action action, String key, String code, AwsServiceException error) {
        if (message(error).contains("kms:")) {
            return user(
                    code,
                    error,
                    "The KMS key may not be used to " + action.words() + " " + at(key) + ".",
                    "Grant kms:GenerateDataKey and kms:Decrypt on the key " + kmsKey() + " to these credentials.");
        }
        String resource = "arn:aws:s3:::" + configuration.bucketName();
        String files = resource + "/" + configuration.prefixTemplate().constantFolder() + "*";
        String fix = switch (action) {
            case READ ->
                "Grant s3:GetObject on " + files + " and s3:ListBucket on " + resource
                        + " (without the latter S3 denies what does not exist).";
            case START_UPLOAD,
                    UPLOAD_PART,
                    COMPLETE_UPLOAD,
                    ABORT_UPLOAD,
                    LIST_PARTS,
                    LIST_UPLOADS,
                    WRITE,
                    DELETE,
                    LIST -> "Grant " + action.permission() + " on " + (action.isOnBucket() ? resource : files) + ".";
        };
        return user(
                code,
                error,
                "These credentials may not " + action.words() + " " + at(key) + ".",
                fix + " A bucket policy or a policy of the organisation may also deny it.");
    }

    private ExportException ofExpiredToken(AwsServiceException error) {
        if (configuration.awsSessionToken() != null && configuration.roleArn() == null) {
            return user(
                    "ExpiredToken",
                    error,
                    "The session token has expired.",
                    "Use an access key that does not expire, or a role; or enter new temporary credentials.");
        }
        return ExportException.passing("ExpiredToken", "The temporary credentials expired and are renewed.", error);
    }

    private ExportException ofWrongRegion(String code, AwsServiceException error) {
        String region = Optional.ofNullable(error.awsErrorDetails())
                .map(AwsErrorDetails::sdkHttpResponse)
                .flatMap(response -> response.firstMatchingHeader("x-amz-bucket-region"))
                .filter(hint -> REGION.matcher(hint).matches())
                .orElse("");
        return user(
                code,
                error,
                "The bucket " + configuration.bucketName() + " is not in the region " + configuration.region() + ".",
                region.isEmpty() ? "Set region to that of the bucket." : "Set region to " + region + ".");
    }

    private ExportException ofKms(String code, AwsServiceException error) {
        if (code.contains("Throttling") || error.statusCode() >= 500) {
            return ExportException.passing(code, "The key service is overloaded.", error);
        }
        return user(
                code,
                error,
                "The KMS key " + kmsKey() + " cannot be used (" + code + ").",
                "Check kms_key_id: the key must exist in the region of the bucket, be enabled, and allow these"
                        + " credentials kms:GenerateDataKey and kms:Decrypt.");
    }

    private ExportException ofSts(StsException error) {
        String code = code(error);
        if (error.statusCode() >= 500 || error.statusCode() == 429 || code.contains("Throttling")) {
            return ExportException.passing(code, "AWS STS, which hands out the role's credentials, is busy.", error);
        }
        if (configuration.awsAccessKeyId() == null && code.startsWith("ExpiredToken")) {
            return ExportException.passing(code, "The worker's AWS credentials expired and are renewed.", error);
        }
        return switch (code) {
            case "InvalidClientTokenId", "InvalidAccessKeyId", "UnrecognizedClientException" ->
                user(
                        code,
                        error,
                        "AWS STS does not know the access key ID.",
                        "Check aws_access_key_id; the key may have been deleted.");
            case "SignatureDoesNotMatch" ->
                user(
                        code,
                        error,
                        "AWS STS rejected the signature: aws_secret_access_key does not belong to aws_access_key_id.",
                        "Enter the secret access key again, or create a new access key.");
            case "RegionDisabledException" ->
                user(
                        code,
                        error,
                        "AWS STS is not activated in the region " + configuration.region() + ".",
                        "Activate STS for this region in the account settings of the role's account.");
            default ->
                user(
                        code,
                        error,
                        "The role " + configuration.roleArn() + " could not be assumed (" + code + ").",
                        "Check role_arn and external_id: the trust policy of the role must allow sts:AssumeRole to"
                                + " these credentials with exactly this external ID.");
        };
    }

    private ExportException ofClient(S3Action action, String key, SdkClientException error) {
        return switch (lastIOException(error)) {
            case null -> ofOtherClientError(action, key, error);
            case UnknownHostException unknown ->
                new ExportException(
                        "UnknownHost",
                        ErrorKind.TRANSIENT,
                        "The host of " + store() + " cannot be found.",
                        configuration.endpointUrl() == null
                                ? "Check region, and that the worker can resolve names."
                                : "Check endpoint_url, and that the worker can resolve names.",
                        error);
            case SSLException tls ->
                new ExportException(
                        "TlsFailed",
                        ErrorKind.TRANSIENT,
                        "No trusted TLS connection to " + store() + " could be made.",
                        "Check that endpoint_url has the right scheme and host, and that the worker trusts the"
                                + " certificate.",
                        error);
            case ConnectException refused ->
                new ExportException(
                        "ConnectionFailed",
                        ErrorKind.TRANSIENT,
                        "No connection to " + store() + " could be made.",
                        "If it does not pass by itself, check endpoint_url and the network between the worker and the"
                                + " store.",
                        error);
            case SocketTimeoutException timeout -> timedOut(action, key, error);
            case IOException lost ->
                ExportException.passing(
                        "ConnectionLost",
                        "The connection to " + store() + " was lost while trying to " + action.words() + " " + at(key)
                                + ".",
                        error);
        };
    }

    private ExportException ofOtherClientError(S3Action action, String key, SdkClientException error) {
        if (String.valueOf(error.getMessage()).contains("Unable to load credentials")) {
            return new ExportException(
                    "NoCredentials",
                    ErrorKind.TRANSIENT,
                    "The worker has no AWS credentials of its own, and none are given.",
                    "Fill in aws_access_key_id and aws_secret_access_key, or give the worker credentials in one of"
                            + " the ways the AWS SDK knows.",
                    error);
        }
        return new ExportException(
                "RequestFailed",
                ErrorKind.INTERNAL,
                "Could not " + action.words() + " " + at(key) + ": the request could not be made.",
                "If it stays, please report it.",
                error);
    }

    private ExportException timedOut(S3Action action, String key, RuntimeException error) {
        return ExportException.passing(
                "Timeout",
                "The store at " + store() + " did not answer in time to the request to " + action.words() + " "
                        + at(key) + ".",
                error);
    }

    private ExportException busy(S3Action action, String key, String code, AwsServiceException error) {
        return ExportException.passing(
                code,
                "The store could not " + action.words() + " " + at(key) + " just now (" + code + ", HTTP "
                        + error.statusCode() + ").",
                error);
    }

    private static ExportException user(String code, RuntimeException cause, String sentence, String fix) {
        return new ExportException(code, ErrorKind.USER, sentence, fix, cause);
    }

    private String at(String key) {
        return "s3://" + configuration.bucketName() + "/" + key;
    }

    private String store() {
        return configuration.endpointUrl() == null
                ? "AWS S3 in " + configuration.region()
                : configuration.endpointUrl();
    }

    private String kmsKey() {
        return configuration.kmsKeyId() == null ? "of the bucket" : configuration.kmsKeyId();
    }

    /// What the store itself says, for errors that nobody has classified: on one line, and short.
    private static String message(AwsServiceException error) {
        String message = Optional.ofNullable(error.awsErrorDetails())
                .map(AwsErrorDetails::errorMessage)
                .orElse("");
        String line = NOT_PRINTABLE.matcher(message).replaceAll(" ").strip();
        if (line.isEmpty()) {
            return "";
        }
        return ": " + (line.length() > LONGEST_STORE_MESSAGE ? line.substring(0, LONGEST_STORE_MESSAGE) : line);
    }

    /// The deepest IOException among the causes, which says what happened on the wire.
    private static @Nullable IOException lastIOException(Throwable error) {
        IOException last = null;
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            if (cause instanceof IOException found) {
                last = found;
            }
        }
        return last;
    }
}
