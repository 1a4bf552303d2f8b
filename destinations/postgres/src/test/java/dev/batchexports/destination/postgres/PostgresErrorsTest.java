package dev.batchexports.destination.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.core.error.ErrorKind;
import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.secret.Secret;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.sql.BatchUpdateException;
import java.sql.SQLException;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.util.PSQLException;
import org.postgresql.util.PSQLState;
import org.postgresql.util.ServerErrorMessage;

class PostgresErrorsTest {
    private static final Task TASK = new Task("batch-exports", "write slice 1");

    private final PostgresErrors errors = new PostgresErrors(new PostgresConfiguration(
            "db.example.com", null, "user", new Secret("canary"), "database", "schema", "t", "require", null));

    private static PSQLException server(String state, String message) {
        return new PSQLException(new ServerErrorMessage("SERROR\0C" + state + "\0M" + message + "\0"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "42P01", "42703", "42501", "42601", "22P02", "22001", "23502", "23505", "3D000", "08004", "28P01",
                "28000", "3F000"
            })
    void theseAreForAPersonToMend(String state) {
        ExportException error = errors.of(TASK, server(state, "says the server"));

        assertThat(error.kind()).isEqualTo(ErrorKind.USER);
        assertThat(error.fix()).isNotBlank();
        assertThat(error.sentence()).matches("\\p{Lu}[^\\n]*\\.");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "08006", "57014", "55P03", "40001", "40P01", "53300", "57P01", "57P03", "08001", "25P03", "53100",
                "25006", "58030"
            })
    void thesePassByThemselves(String state) {
        ExportException error = errors.of(TASK, server(state, "says the server"));

        assertThat(error.kind()).isEqualTo(ErrorKind.TRANSIENT);
        assertThat(error.sentence()).matches("\\p{Lu}[^\\n]*\\.");
    }

    @Test
    void whatNobodyKnowsIsOurs() {
        ExportException error = errors.of(TASK, server("XX001", "canary"));

        assertThat(error.kind()).isEqualTo(ErrorKind.INTERNAL);
        assertThat(error.code()).isEqualTo("SQLSTATE_XX001");
    }

    @Test
    void theNetworkIsToldApart() {
        assertThat(errors.of(TASK, io(new UnknownHostException("db"))).code()).isEqualTo("UnknownHost");
        assertThat(errors.of(TASK, io(new ConnectException("refused"))).code()).isEqualTo("ConnectionFailed");
        assertThat(errors.of(TASK, io(new SSLHandshakeException("no"))).code()).isEqualTo("TlsFailed");
        assertThat(errors.of(TASK, io(new SocketTimeoutException("late"))).code())
                .isEqualTo("Timeout");
        assertThat(errors.of(TASK, io(new IOException("reset"))).code()).isEqualTo("ConnectionLost");
        assertThat(errors.of(TASK, io(new IOException("reset"))).kind()).isEqualTo(ErrorKind.TRANSIENT);
    }

    private static PSQLException io(IOException cause) {
        return new PSQLException("the connection attempt failed", PSQLState.CONNECTION_UNABLE_TO_CONNECT, cause);
    }

    @ParameterizedTest
    @ValueSource(strings = {"22P02", "22001", "23502", "23505", "XX000"})
    void valuesAreNeverShown(String state) {
        ExportException error = errors.of(
                TASK,
                new PSQLException(
                        new ServerErrorMessage(
                                "SERROR\0C" + state
                                        + "\0Minvalid input \"canary\"\0DKey (id)=(canary)\0WCOPY t, line 7, column text: \"canary\"\0")));

        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            assertThat(cause.toString()).doesNotContain("canary");
        }
    }

    @Test
    void aBatchHidesNothing() {
        SQLException batch =
                new BatchUpdateException("batch entry 0 failed", "23505", 0, new int[0], server("23505", "x"));

        assertThat(errors.of(TASK, batch).code()).isEqualTo("unique_violation");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "permission denied for schema x|GRANT USAGE, CREATE ON SCHEMA \"schema\" TO \"user\";",
                "permission denied for table x|GRANT SELECT, INSERT, UPDATE, DELETE ON \"schema\".\"x\" TO \"user\";",
                "permission denied for database x|GRANT CONNECT ON DATABASE \"database\" TO \"user\";",
                "permission denied for sequence x|GRANT USAGE ON SEQUENCE \"schema\".\"x\" TO \"user\";",
                "Keine Berechtigung|GRANT USAGE, CREATE ON SCHEMA \"schema\" TO \"user\";",
            })
    void theFixIsTheGrantThatIsMissing(String message, String grant) {
        assertThat(errors.of(TASK, server("42501", message)).fix()).contains(grant);
    }
}
