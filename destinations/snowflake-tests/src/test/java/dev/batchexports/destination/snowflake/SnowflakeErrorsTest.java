package dev.batchexports.destination.snowflake;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.core.error.ErrorKind;
import dev.batchexports.core.error.ExportException;
import java.io.EOFException;
import java.sql.SQLException;
import java.util.Map;
import net.snowflake.client.api.exception.SnowflakeSQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Who has to act on which of Snowflake's errors.
class SnowflakeErrorsTest {
    private static final TableName TABLE = new TableName("D", "S", "t");
    private static final String ROW = "canary-value-of-a-row";

    private final SnowflakeErrors errors = new SnowflakeErrors(TestAccount.configuration(Map.of(
            "account",
            "a",
            "user",
            "U",
            "role",
            "R",
            "authentication_type",
            "password",
            "password",
            "p",
            "database",
            "D",
            "warehouse",
            "W",
            "schema",
            "S")));

    @ParameterizedTest
    @CsvSource({
        "390100, 08001, USER, password",
        "390144, 08001, USER, password",
        "390189, 08001, USER, GRANT ROLE",
        "390422, 08001, USER, network policy",
        "606, 57P03, USER, 'GRANT USAGE ON WAREHOUSE \"W\" TO ROLE \"R\"'",
        "608, 57P03, USER, AUTO_RESUME",
        "90073, 22000, USER, resource monitor",
        "3001, 42501, USER, 'GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE \"D\".\"S\".\"t\" TO ROLE \"R\"'",
        "9999, 42501, USER, GRANT",
        "2003, 02000, USER, GRANT",
        "1003, 42000, USER, report",
        "100038, 22018, USER, query history",
        "100078, 22000, USER, query history",
        "630, 57014, TRANSIENT, ''",
        "604, 57014, TRANSIENT, ''",
        "625, 57014, TRANSIENT, ''",
        "390114, 08001, TRANSIENT, ''",
        "200015, 58030, TRANSIENT, endpoint_url",
        "200066, XX000, TRANSIENT, endpoint_url",
        "300002, XX000, INTERNAL, report",
    })
    void saysWhoHasToAct(int code, String state, ErrorKind kind, String fix) {
        ExportException error = errors.translate(
                SnowflakeAction.COMMIT,
                TABLE,
                new SnowflakeSQLException("01b2c3d4-0000-1111-0000-000000000000", "", state, code));
        assertThat(error.kind()).isEqualTo(kind);
        assertThat(error.fix()).contains(fix);
        assertThat(error.sentence()).matches("\\p{Lu}[^\\n]*\\.");
    }

    @Test
    void quotesNoValueOfARowButTheQuery() {
        ExportException error = errors.translate(
                SnowflakeAction.LOAD,
                TABLE,
                new SnowflakeSQLException(
                        "01b2c3d4-0000-1111-0000-000000000000", "Numeric value '" + ROW + "'", "22018", 100038));
        assertThat(error.sentence()).contains("(Snowflake.100038, query 01b2c3d4-0000-1111-0000-000000000000)");
        assertThat(error).hasNoCause();
        assertThat(error.toString() + error.fix()).doesNotContain(ROW);
    }

    @Test
    void triesAgainWhateverTheWireDid() {
        ExportException error =
                errors.translate(SnowflakeAction.UPLOAD, TABLE, new SQLException("failed", new EOFException()));
        assertThat(error.kind()).isEqualTo(ErrorKind.TRANSIENT);
        assertThat(error.code()).isEqualTo("ConnectionFailed");
    }
}
