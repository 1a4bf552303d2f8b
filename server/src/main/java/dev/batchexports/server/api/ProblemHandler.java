package dev.batchexports.server.api;

import dev.batchexports.core.error.ErrorKind;
import dev.batchexports.core.error.ExportException;
import dev.batchexports.server.request.ConflictException;
import dev.batchexports.server.request.InvalidRequestException;
import dev.batchexports.server.request.NotFoundException;
import dev.batchexports.server.request.RequestTime;
import dev.batchexports.server.request.Violation;
import dev.batchexports.server.security.Keyring;
import dev.batchexports.server.workflow.OrchestrationUnavailableException;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.apache.tomcat.util.http.InvalidParameterException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.TransientDataAccessException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.transaction.CannotCreateTransactionException;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.context.request.WebRequest;
import org.springframework.web.method.annotation.MethodArgumentTypeMismatchException;
import org.springframework.web.servlet.mvc.method.annotation.ResponseEntityExceptionHandler;
import tools.jackson.core.JacksonException;

/// Turns every failure of a request into a [Problem].
@RestControllerAdvice
class ProblemHandler extends ResponseEntityExceptionHandler {
    private static final Logger LOG = LoggerFactory.getLogger(ProblemHandler.class);

    static Problem databaseUnavailable() {
        return Problem.of(
                HttpStatus.SERVICE_UNAVAILABLE,
                "database_unavailable",
                "The metadata database does not answer; try again.");
    }

    static Problem internal() {
        return Problem.of(HttpStatus.INTERNAL_SERVER_ERROR, "internal_error", "The server failed; its log says why.");
    }

    @ExceptionHandler
    ResponseEntity<Object> invalid(InvalidRequestException failure) {
        return answer(invalid(failure.violations()));
    }

    @ExceptionHandler
    ResponseEntity<Object> notFound(NotFoundException failure) {
        return answer(Problem.of(HttpStatus.NOT_FOUND, "not_found", sentence(failure)));
    }

    @ExceptionHandler
    ResponseEntity<Object> conflict(ConflictException failure) {
        return answer(Problem.of(HttpStatus.CONFLICT, failure.code(), sentence(failure)));
    }

    @ExceptionHandler
    ResponseEntity<Object> forbidden(ForbiddenException failure) {
        return answer(Problem.of(HttpStatus.FORBIDDEN, failure.code(), sentence(failure)));
    }

    @ExceptionHandler
    ResponseEntity<Object> secretsUnreadable(Keyring.UndecryptableException failure) {
        LOG.error("Stored secrets cannot be decrypted: a key was removed from BX_ENCRYPTION_KEYS that is still in use");
        return answer(Problem.of(
                HttpStatus.SERVICE_UNAVAILABLE,
                "secrets_unreadable",
                "The stored secrets cannot be decrypted: whoever runs this server has to put the key that was removed"
                        + " back into BX_ENCRYPTION_KEYS."));
    }

    @ExceptionHandler
    ResponseEntity<Object> tooManyRequests(TooManyRequestsException failure) {
        return answer(Problem.of(HttpStatus.TOO_MANY_REQUESTS, failure.code(), sentence(failure)));
    }

    @ExceptionHandler
    ResponseEntity<Object> temporalUnavailable(OrchestrationUnavailableException failure) {
        LOG.warn("{}", String.valueOf(failure.getCause()));
        return answer(Problem.of(
                HttpStatus.SERVICE_UNAVAILABLE, "temporal_unavailable", "Temporal does not answer; try again."));
    }

    /// The source, or a destination, said why it cannot do what was asked.
    @ExceptionHandler
    ResponseEntity<Object> export(ExportException failure) {
        HttpStatus status = failure.kind() == ErrorKind.USER ? HttpStatus.BAD_REQUEST : HttpStatus.SERVICE_UNAVAILABLE;
        if (failure.kind() == ErrorKind.INTERNAL) {
            LOG.error("{}", failure.sentence(), failure);
        }
        return answer(Problem.of(status, failure.code(), (failure.sentence() + " " + failure.fix()).strip()));
    }

    @ExceptionHandler
    ResponseEntity<Object> wrongParameter(MethodArgumentTypeMismatchException failure) {
        String parameter = failure.getName();
        if (failure.getParameter().hasParameterAnnotation(PathVariable.class)) {
            return answer(Problem.of(
                    HttpStatus.NOT_FOUND,
                    "not_found",
                    "There is nothing at this path: " + parameter + " is malformed."));
        }
        return answer(invalid(List.of(new Violation("/" + parameter, expected(failure.getRequiredType())))));
    }

    @ExceptionHandler
    ResponseEntity<Object> database(DataAccessException failure) {
        if (failure instanceof DataAccessResourceFailureException || failure instanceof TransientDataAccessException) {
            LOG.warn("the metadata database does not answer: {}", failure.getMessage());
            return answer(databaseUnavailable());
        }
        return unexpected(failure);
    }

    @ExceptionHandler
    ResponseEntity<Object> transaction(CannotCreateTransactionException failure) {
        LOG.warn("the metadata database does not answer: {}", failure.getMessage());
        return answer(databaseUnavailable());
    }

    @ExceptionHandler
    ResponseEntity<Object> malformedQuery(InvalidParameterException failure) {
        return answer(Problem.of(
                HttpStatus.BAD_REQUEST, "malformed_query", "The query string is not valid percent-encoded UTF-8."));
    }

    @ExceptionHandler
    ResponseEntity<Object> unexpected(Exception failure) {
        LOG.error("a request failed", failure);
        return answer(internal());
    }

    @Override
    protected ResponseEntity<Object> handleHttpMessageNotReadable(
            HttpMessageNotReadableException failure, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        String detail = failure.getCause() instanceof JacksonException json && json.getLocation() != null
                ? "The body is not valid JSON: see line " + json.getLocation().getLineNr() + ", column "
                        + json.getLocation().getColumnNr() + "."
                : "A body of valid JSON is needed.";
        return answer(Problem.of(HttpStatus.BAD_REQUEST, "malformed_json", detail));
    }

    /// What Spring itself refuses: an unknown path, a wrong method, a wrong media type.
    @Override
    protected ResponseEntity<Object> handleExceptionInternal(
            Exception failure, @Nullable Object body, HttpHeaders headers, HttpStatusCode code, WebRequest request) {
        HttpStatus status = HttpStatus.valueOf(code.value());
        Problem problem = switch (status) {
            case NOT_FOUND -> Problem.of(status, "unknown_route", "There is nothing at this path.");
            case METHOD_NOT_ALLOWED -> Problem.of(status, "method_not_allowed", "This path does not take this method.");
            case NOT_ACCEPTABLE -> Problem.of(status, "not_acceptable", "Only application/json can be answered here.");
            case UNSUPPORTED_MEDIA_TYPE ->
                Problem.of(status, "unsupported_media_type", "The body must be application/json.");
            case BAD_REQUEST -> Problem.of(status, "bad_request", "The request is malformed.");
            default -> {
                if (status.is5xxServerError()) {
                    LOG.error("a request failed", failure);
                    yield internal();
                }
                yield Problem.of(status, status.name().toLowerCase(Locale.ROOT), status.getReasonPhrase() + ".");
            }
        };
        return ResponseEntity.status(problem.status())
                .headers(headers)
                .contentType(MediaType.APPLICATION_PROBLEM_JSON)
                .body(problem);
    }

    private static Problem invalid(List<Violation> violations) {
        String fields = violations.size() == 1 ? "one field" : violations.size() + " fields";
        return Problem.of(
                HttpStatus.BAD_REQUEST,
                "invalid_request",
                "The request cannot be carried out as it stands: see " + fields + " in errors.",
                violations);
    }

    private static String expected(@Nullable Class<?> type) {
        if (type == Integer.class || type == Long.class) {
            return "must be a whole number";
        }
        if (type == UUID.class) {
            return "must be a UUID";
        }
        if (type == Instant.class) {
            return RequestTime.EXPECTED;
        }
        return "is not valid";
    }

    private static String sentence(RuntimeException failure) {
        String message = failure.getMessage();
        return message == null ? "" : message;
    }

    private static ResponseEntity<Object> answer(Problem problem) {
        return ResponseEntity.status(problem.status())
                .contentType(MediaType.APPLICATION_PROBLEM_JSON)
                .body(problem);
    }
}
