package dev.batchexports.destination.snowflake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.source.SourceColumn;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ColumnLoadTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    UInt8                                  | NUMBER(3,0)
                    Nullable(Int64)                        | NUMBER(19,0)
                    UInt64                                 | NUMBER(20,0)
                    Int128                                 | VARCHAR
                    Decimal(18, 4)                         | NUMBER(18,4)
                    LowCardinality(Nullable(String))       | VARCHAR
                    DateTime('Asia/Tokyo')                 | TIMESTAMP_NTZ(0)
                    DateTime64(9, 'UTC')                   | TIMESTAMP_NTZ(9)
                    FixedString(16)                        | BINARY
                    Array(Tuple(a Int32, b String))        | VARIANT
                    JSON(max_dynamic_paths=8)              | VARIANT
                    Enum8('a' = 1)                         | VARCHAR
                    """)
    void givesANewColumnTheTypeThatHoldsEveryValue(String clickHouse, String snowflake) {
        assertThat(ColumnLoad.of(new SourceColumn("c", clickHouse)).type()).isEqualTo(snowflake);
    }

    @ParameterizedTest
    @CsvSource(nullValues = "refused", delimiter = '|', textBlock = """
                    Int64            | NUMBER(38,0)      | "c"
                    Decimal(9, 2)    | NUMBER(38,0)      | refused
                    Int64            | FLOAT             | refused
                    DateTime64(6)    | TIMESTAMP_NTZ(3)  | refused
                    DateTime64(6)    | TIMESTAMP_LTZ(9)  | "c"
                    String           | VARCHAR(16777216) | "c"
                    String           | NUMBER(38,0)      | refused
                    UInt8            | VARCHAR(16777216) | TO_VARCHAR("c")
                    Array(Int8)      | VARCHAR(16777216) | TO_JSON("c")
                    Array(Int8)      | VARIANT           | "c"
                    String           | VARIANT           | TO_VARIANT("c")
                    FixedString(2)   | VARCHAR(16777216) | refused
                    """)
    void refusesAColumnThatWouldLoseSomething(String clickHouse, String existing, String expression) {
        assertThat(ColumnLoad.of(new SourceColumn("c", clickHouse)).into(existing))
                .isEqualTo(expression);
    }

    @Test
    void keepsJsonAsItIsInATextColumn() {
        ColumnLoad column = ColumnLoad.of(new SourceColumn("c", "String", SourceColumn.Content.JSON));
        assertThat(column.type()).isEqualTo("VARIANT");
        assertThat(column.fromFile()).isEqualTo("$1:\"c\"::VARCHAR");
        assertThat(column.into("VARCHAR(100)")).isEqualTo("\"c\"");
        assertThat(column.into("VARIANT")).isEqualTo("COALESCE(TRY_PARSE_JSON(\"c\"), TO_VARIANT(\"c\"))");
    }

    @Test
    void refusesNumbersThatSnowflakeCannotHold() {
        assertThatThrownBy(() -> ColumnLoad.of(new SourceColumn("c", "Decimal(76, 4)")))
                .isInstanceOfSatisfying(
                        ExportException.class, e -> assertThat(e.code()).isEqualTo("TypeNotSupported"));
    }

    @Test
    void quotesWhatever() {
        assertThat(Sql.identifier("a\"b'\\")).isEqualTo("\"a\"\"b'\\\"");
        assertThat(Sql.text("a\"b'\\")).isEqualTo("'a\"b''\\\\'");
    }

    @Test
    void letsAStatementTakeAsLongAsItsInterval() {
        assertThat(Sessions.statementTimeout(Duration.ofMinutes(5))).isEqualTo(Duration.ofMinutes(30));
        assertThat(Sessions.statementTimeout(Duration.ofHours(1))).isEqualTo(Duration.ofHours(1));
        assertThat(Sessions.statementTimeout(Duration.ofDays(1))).isEqualTo(Duration.ofHours(6));
    }
}
