package dev.batchexports.server.workflow;

import dev.batchexports.core.destination.InvalidConfigurationException;
import dev.batchexports.core.error.ErrorKind;
import dev.batchexports.core.error.ExportException;
import dev.batchexports.server.runs.RunError;
import dev.batchexports.server.security.Keyring;
import io.temporal.failure.ApplicationFailure;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;

/// The one place that turns errors into what users see and what Temporal acts on.
final class Failures {
    private static final Logger LOG = LoggerFactory.getLogger(Failures.class);

    private Failures() {}

    /// Makes an error safe to show. The text of an error that nobody has classified is not shown, since
    /// it may hold anything; it goes to the process's own log.
    static ExportException classify(Throwable error) {
        return switch (error) {
            case ExportException known -> known;
            case InvalidConfigurationException invalid ->
                ExportException.user(
                        "InvalidConfiguration",
                        "The configuration of the destination is not valid: " + invalid.getMessage() + ".",
                        "Correct the named parameters of the destination.");
            case Keyring.UndecryptableException undecryptable ->
                new ExportException(
                        "SecretsUnreadable",
                        ErrorKind.INTERNAL,
                        "The stored secrets of the destination cannot be decrypted.",
                        "Put the key that was removed back into BX_ENCRYPTION_KEYS.",
                        undecryptable);
            case DataAccessException database -> databaseUnavailable(database);
            case TransactionException database -> databaseUnavailable(database);
            case InterruptedException interrupted ->
                ExportException.passing(
                        "WorkerStopped", "The worker was shut down in the middle of its work.", interrupted);
            default -> {
                LOG.error("An error that nobody has classified", error);
                yield new ExportException(
                        "Internal",
                        ErrorKind.INTERNAL,
                        "An unexpected error occurred: " + error.getClass().getSimpleName() + ".",
                        "Look for it in the worker's log and report it.",
                        error);
            }
        };
    }

    private static ExportException databaseUnavailable(RuntimeException cause) {
        LOG.warn("The metadata database did not do what it was asked", cause);
        return ExportException.passing("MetadataDatabaseUnavailable", "The metadata database cannot be used.", cause);
    }

    /// The form in which an activity tells Temporal: the type is the code, a user's error is not retried,
    /// and the delay is ours. Sentence and fix are encrypted with the failure; the stack trace and the
    /// cause stay here.
    static ApplicationFailure toTemporal(ExportException error, Duration beforeNext) {
        ApplicationFailure failure = ApplicationFailure.newBuilder()
                .setType(error.code())
                .setMessage(error.sentence())
                .setDetails(error.fix())
                .setNonRetryable(!error.kind().isRetryable())
                .setNextRetryDelay(beforeNext)
                .build();
        failure.setStackTrace(new StackTraceElement[0]);
        return failure;
    }

    /// Reads back what [#toTemporal] wrote.
    static RunError fromTemporal(ApplicationFailure failure) {
        String fix =
                failure.getDetails().getSize() == 0 ? "" : failure.getDetails().get(0, String.class);
        return new RunError(
                failure.getType(), failure.getOriginalMessage(), fix == null ? "" : fix, !failure.isNonRetryable());
    }
}
