package dev.batchexports.source.clickhouse;

import dev.batchexports.core.source.Compression;
import dev.batchexports.core.source.Encoding;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// How ClickHouse is to write rows: the expressions to select, its format and the settings of that.
///
/// In every format text is UTF-8: a byte sequence that is not becomes U+FFFD. JSON cannot hold such bytes,
/// readers of Parquet refuse whole files over them, and PostgreSQL whole COPYs.
///
/// @param name of ClickHouse's format
/// @param expressions what to select, one for each column, with its alias
/// @param tuning settings that an operator may override; servers that do not know one go without
/// @param required settings on which the form of the values rests
record OutputFormat(String name, List<String> expressions, Map<String, String> tuning, Map<String, String> required) {
    static final String ROW_GROUP_ROWS_SETTING = "output_format_parquet_row_group_size";
    static final String ROW_GROUP_BYTES_SETTING = "output_format_parquet_row_group_size_bytes";
    static final int ROW_GROUP_ROWS = 100_000;
    static final int ROW_GROUP_BYTES = 64 << 20;

    /// How `toJSONString`, the Template format and columns of the type JSON write values.
    private static final Map<String, String> JSON_VALUES = Map.of(
            // 64-bit integers and decimals are JSON numbers, all digits written.
            "output_format_json_quote_64bit_integers", "0",
            "output_format_json_quote_64bit_floats", "0",
            "output_format_json_quote_decimals", "0",
            // "nan" and "inf" instead of null, which would lose them.
            "output_format_json_quote_denormals", "1",
            "output_format_json_escape_forward_slashes", "0",
            "output_format_json_named_tuples_as_objects", "1",
            "output_format_json_map_as_array_of_tuples", "0");

    OutputFormat {
        expressions = List.copyOf(expressions);
        tuning = Map.copyOf(tuning);
        required = Map.copyOf(required);
    }

    static OutputFormat of(Encoding encoding, List<ResolvedColumn> columns) {
        return switch (encoding.format()) {
            case JSON_LINES -> jsonLines(columns);
            case PARQUET -> parquet(encoding.compression(), columns);
            case TAB_SEPARATED -> tabSeparated(columns);
        };
    }

    /// One JSON object a line, through ClickHouse's Template format instead of JSONEachRow.
    ///
    /// JSON text in a String column (`properties`) becomes a nested object that way: its bytes are copied
    /// as they are, so that no number, no key and no order changes, as they would in a cast to the type
    /// JSON. It is also cheaper: 3 million events take 4.3 s of CPU, 8.2 s as JSONEachRow, which escapes
    /// every quote of every text. The guard costs 1.6 s of that: text that is not a valid JSON object
    /// (a lone surrogate, a number beyond a double, `[1]`) becomes a JSON string.
    private static OutputFormat jsonLines(List<ResolvedColumn> columns) {
        List<String> expressions = new ArrayList<>();
        StringBuilder row = new StringBuilder("{");
        for (int index = 0; index < columns.size(); index++) {
            ResolvedColumn column = columns.get(index);
            JsonValue value = JsonValue.of(column);
            expressions.add(aliased(value.expression(), column));
            row.append(index == 0 ? "" : ",")
                    .append(templateText(jsonText(column.name())))
                    .append(":${")
                    .append(index)
                    .append(':')
                    .append(value.escaping())
                    .append('}');
        }
        Map<String, String> required = new HashMap<>(JSON_VALUES);
        required.put("format_template_row_format", row.append("}\n").toString());
        required.put("format_template_resultset_format", "${data}");
        required.put("format_template_rows_between_delimiter", "");
        return new OutputFormat("Template", expressions, Map.of(), required);
    }

    /// @param escaping the Template format's word for it
    private record JsonValue(String expression, String escaping) {
        static JsonValue of(ResolvedColumn column) {
            String quoted = column.quoted();
            if (column.holdsJsonText()) {
                // The line break, which valid JSON has only between its tokens, would end the line.
                return new JsonValue(
                        "if(isValidJSON(%1$s) AND startsWith(%1$s, '{'), replaceAll(%1$s, '\\n', ' '), %2$s)"
                                .formatted(quoted, json("toValidUTF8(" + quoted + ")")),
                        "Raw");
            }
            if (column.type().isString()) {
                return new JsonValue("toValidUTF8(" + quoted + ")", "JSON");
            }
            if (column.type().isScalar()) {
                return new JsonValue(quoted, "JSON");
            }
            return new JsonValue("toValidUTF8(" + json(quoted) + ")", "Raw");
        }

        private static String json(String expression) {
            return "ifNull(toJSONString(" + expression + "), 'null')";
        }
    }

    private static OutputFormat parquet(Compression compression, List<ResolvedColumn> columns) {
        Map<String, String> required = new HashMap<>(JSON_VALUES);
        required.put("output_format_parquet_compression_method", compression.word());
        required.put("output_format_parquet_string_as_string", "1");
        required.put("output_format_parquet_fixed_string_as_fixed_byte_array", "1");
        // Names inside lists as the standard has them, and so as readers expect them.
        required.put("output_format_parquet_compliant_nested_types", "1");
        return new OutputFormat(
                "Parquet",
                columns.stream()
                        .map(column -> aliased(ParquetValue.of(column).sql(), column))
                        .toList(),
                parquetTuning(compression),
                required);
    }

    /// Row groups are what ClickHouse holds in memory: of the default size, 1 million rows, 2 million events
    /// took 2.2 GB, and 0.5 GB of this one. One core for each file, and several files side by side, take less
    /// CPU time and half of the memory of several cores for one file. Bloom filters would take a tenth of the
    /// file and a fifth of the CPU time. zstd's level 3, ClickHouse's own choice, would take a tenth more CPU
    /// time for files that are 2 % smaller; 1 is what Arrow's writers choose.
    private static Map<String, String> parquetTuning(Compression compression) {
        Map<String, String> tuning = new HashMap<>(Map.of(
                "output_format_parquet_write_bloom_filter",
                "0",
                ROW_GROUP_ROWS_SETTING,
                Integer.toString(ROW_GROUP_ROWS),
                ROW_GROUP_BYTES_SETTING,
                Integer.toString(ROW_GROUP_BYTES),
                "output_format_parquet_parallel_encoding",
                "0"));
        if (compression == Compression.ZSTD) {
            tuning.put("output_format_compression_level", "1");
        }
        return tuning;
    }

    /// What PostgreSQL's COPY reads: ClickHouse escapes line ends, tabs and backslashes and writes NULL as `\N`,
    /// as COPY does. [PostgresValue] makes every value one that PostgreSQL takes.
    private static OutputFormat tabSeparated(List<ResolvedColumn> columns) {
        Map<String, String> required = new HashMap<>(JSON_VALUES);
        required.put("format_tsv_null_representation", "\\N");
        required.put("output_format_tsv_crlf_end_of_line", "0");
        required.put("bool_true_representation", "true");
        required.put("bool_false_representation", "false");
        return new OutputFormat(
                "TabSeparated",
                columns.stream()
                        .map(column -> aliased(PostgresValue.expression(column), column))
                        .toList(),
                Map.of(),
                required);
    }

    private static String aliased(String expression, ResolvedColumn column) {
        return expression + " AS " + Identifier.quote(column.name());
    }

    private static String jsonText(String text) {
        StringBuilder json = new StringBuilder("\"");
        for (int index = 0; index < text.length(); index++) {
            char character = text.charAt(index);
            switch (character) {
                case '"' -> json.append("\\\"");
                case '\\' -> json.append("\\\\");
                default -> {
                    if (character < ' ') {
                        json.append(String.format(Locale.ROOT, "\\u%04x", (int) character));
                    } else {
                        json.append(character);
                    }
                }
            }
        }
        return json.append('"').toString();
    }

    /// In a template `$` begins a placeholder and `$$` is a dollar.
    private static String templateText(String text) {
        return text.replace("$", "$$");
    }
}
