package dev.batchexports.source.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ColumnTypeTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "String | String | -1",
                "Nullable(String) | String | -1",
                "LowCardinality(Nullable(String)) | String | -1",
                "DateTime64(6, 'UTC') | DateTime64 | 8",
                "Nullable(DateTime64(3)) | DateTime64 | 8",
                "FixedString(12) | FixedString | 12",
                "Decimal(9, 2) | Decimal | 4",
                "Decimal(38, 10) | Decimal | 16",
                "Decimal(76, 3) | Decimal | 32",
                "UUID | UUID | 16",
                "Enum8('a(b' = 1, 'c)' = 2) | Enum8 | 1",
                "Array(Nullable(String)) | Array | -1",
                "Map(String, Int64) | Map | -1",
                "JSON(max_dynamic_paths = 8) | JSON | -1",
            })
    void readsNameAndSize(String text, String name, int size) {
        ColumnType type = ColumnType.of(text);

        assertThat(type.name()).isEqualTo(name);
        assertThat(type.fixedSize().orElse(-1)).isEqualTo(size);
        assertThat(type.text()).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "String | ''",
                "Nullable(FixedString(12)) | 12",
                "Map(String, Array(Tuple(Int8, Int16))) | String; Array(Tuple(Int8, Int16))",
                "Tuple(a Enum8('x,\\')' = 1), `b, \\`(` String) | a Enum8('x,\\')' = 1); `b, \\`(` String",
                "LowCardinality(Nullable(Decimal(38, 10))) | 38; 10",
                "Tuple() | ''",
            })
    void readsArguments(String text, String arguments) {
        assertThat(String.join("; ", ColumnType.of(text).arguments()))
                .isEqualTo(arguments.equals("''") ? "" : arguments);
    }
}
