package dev.batchexports.source.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.core.error.ErrorKind;
import dev.batchexports.core.error.ExportException;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServerErrorTest {
    @Test
    void aMissingTableIsNamedInClickHousesWords() {
        ExportException error = error("Code: 60. DB::Exception: Table shop.orders does not exist. Maybe you meant"
                + " shop.order?. (UNKNOWN_TABLE) (version 26.7.2.1 (official build))\n");

        assertThat(error.code()).isEqualTo("UnknownTable");
        assertThat(error.kind()).isEqualTo(ErrorKind.USER);
        assertThat(error.sentence()).isEqualTo("Table shop.orders does not exist. Maybe you meant shop.order?.");
        assertThat(error.fix()).isNotEmpty();
    }

    @Test
    void anOldServersMessageIsUnderstood() {
        ExportException error =
                error("Code: 60, e.displayText() = DB::Exception: Table default.wtf doesn't exist (version 21.3.1.1)");

        assertThat(error.code()).isEqualTo("UnknownTable");
        assertThat(error.sentence()).isEqualTo("Table default.wtf doesn't exist");
    }

    @Test
    void theTextOfTheQueryIsLeftOut() {
        ExportException error = error("Code: 47. DB::Exception: Unknown expression identifier `nope` in scope SELECT"
                + " nope FROM t WHERE team_id = 5. (UNKNOWN_IDENTIFIER) (version 26.7)");

        assertThat(error.sentence()).isEqualTo("Unknown expression identifier `nope`");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "Code: 6. DB::Exception: Cannot parse string 'ann@example.com' as Int64: while executing. (CANNOT_PARSE_TEXT)",
                "Code: 395. DB::Exception: ann@example.com: while executing. (FUNCTION_THROW_IF_VALUE_IS_NON_ZERO)",
                "Code: 49. DB::Exception: Bad value ann@example.com. (LOGICAL_ERROR)",
                "Code: 241. DB::Exception: Memory limit exceeded: ann@example.com. (MEMORY_LIMIT_EXCEEDED)",
            })
    void aMessageThatMayHoldRowsIsNotShown(String message) {
        ExportException error = error(message);

        assertThat(error.sentence() + error.fix()).doesNotContain("ann@example.com");
    }

    @ParameterizedTest
    @CsvSource({
        "60, UnknownTable, USER",
        "81, UnknownDatabase, USER",
        "47, UnknownColumn, USER",
        "16, UnknownColumn, USER",
        "62, SyntaxError, USER",
        "53, TypeMismatch, USER",
        "50, UnsupportedType, USER",
        "497, AccessDenied, USER",
        "516, AuthenticationFailed, USER",
        "193, AuthenticationFailed, USER",
        "194, AuthenticationFailed, USER",
        "164, ReadOnlyUser, USER",
        "115, UnsupportedServer, USER",
        "396, LimitExceeded, USER",
        "395, RowNotReadable, USER",
        "159, Timeout, TRANSIENT",
        "160, Timeout, TRANSIENT",
        "202, TooManyQueries, TRANSIENT",
        "209, SourceUnavailable, TRANSIENT",
        "210, SourceUnavailable, TRANSIENT",
        "216, QueryIdInUse, TRANSIENT",
        "236, QueryCancelled, TRANSIENT",
        "394, QueryCancelled, TRANSIENT",
        "241, MemoryLimit, TRANSIENT",
        "242, SourceUnavailable, TRANSIENT",
        "252, SourceUnavailable, TRANSIENT",
        "439, SourceUnavailable, TRANSIENT",
        "999, SourceUnavailable, TRANSIENT",
        "4711, SOMETHING_NEW, INTERNAL",
    })
    void classifiesByNumber(int number, String code, ErrorKind kind) {
        ExportException error = error("Code: " + number + ". DB::Exception: Words. (SOMETHING_NEW) (version 26.7)");

        assertThat(error.code()).isEqualTo(code);
        assertThat(error.kind()).isEqualTo(kind);
        assertThat(error.sentence()).isNotBlank();
        assertThat(error.kind() != ErrorKind.USER || !error.fix().isBlank()).isTrue();
    }

    @Test
    void findsTheMessageThatBrokeAStreamOff() {
        String message = "Code: 159. DB::Exception: Timeout exceeded: elapsed 5 s. (TIMEOUT_EXCEEDED) (version 26.7)";
        String since2511 = "{\"a\":1}\n\r\n__exception__\r\nabcdefghijklmnop\r\n" + message
                + "\n91 abcdefghijklmnop\r\n__exception__\r\n";
        String since249 = "{\"a\":1}\n__exception__\r\n" + message + "\n";
        String before = "{\"a\":1}\n" + message + "\n";

        assertThat(code(since2511, Optional.of("abcdefghijklmnop"))).contains(159);
        assertThat(code(since249, Optional.empty())).contains(159);
        assertThat(code(before, Optional.empty())).contains(159);
        assertThat(code("{\"a\":\"" + message + "\"}\n{\"a\"", Optional.empty()))
                .isEmpty();
        assertThat(code("x\r\n__exception__\r\nwrongtag\r\n" + message, Optional.of("righttag")))
                .isEmpty();
    }

    private static Optional<Integer> code(String tail, Optional<String> tag) {
        return ServerError.parseStreamEnd(tail, tag).map(ServerError::code);
    }

    private static ExportException error(String message) {
        return ServerError.parse(message).orElseThrow().toExportException("batch-exports-1");
    }
}
