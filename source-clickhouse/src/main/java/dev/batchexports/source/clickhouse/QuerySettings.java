package dev.batchexports.source.clickhouse;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/// The ClickHouse settings that go with a query, and why.
///
/// Three layers, the later ones winning: what this program would choose, what the operator chose, and
/// what the correctness of an export rests on. The last layer undoes anything in the profile of a user
/// that makes ClickHouse return less than all rows without an error.
final class QuerySettings {
    private static final Map<String, String> REQUIRED = Map.ofEntries(
            // The query may change nothing, and is thereby one that ClickHouse stops when the client goes.
            Map.entry("readonly", "2"),
            Map.entry("cancel_http_readonly_queries_on_client_close", "1"),

            // A limit of the profile must fail the query. "break" would end it early and call it complete.
            Map.entry("result_overflow_mode", "throw"),
            Map.entry("read_overflow_mode", "throw"),
            Map.entry("read_overflow_mode_leaf", "throw"),
            Map.entry("timeout_overflow_mode", "throw"),
            Map.entry("timeout_overflow_mode_leaf", "throw"),
            Map.entry("group_by_overflow_mode", "throw"),
            Map.entry("set_overflow_mode", "throw"),
            Map.entry("sort_overflow_mode", "throw"),
            Map.entry("distinct_overflow_mode", "throw"),
            Map.entry("join_overflow_mode", "throw"),
            Map.entry("transfer_overflow_mode", "throw"),
            Map.entry("max_result_rows", "0"),
            Map.entry("max_result_bytes", "0"),
            Map.entry("limit", "0"),
            Map.entry("offset", "0"),

            // Rows that are not there: unreachable shards, replicas that lag, answers of yesterday.
            Map.entry("skip_unavailable_shards", "0"),
            Map.entry("fallback_to_stale_replicas_for_distributed_queries", "0"),
            Map.entry("use_query_cache", "0"),

            // Rows that are too many: totals and extremes are no rows of the table.
            Map.entry("extremes", "0"),

            // Long exports are not "too slow": no estimate of their duration ends them.
            Map.entry("timeout_before_checking_execution_speed", "0"),

            // `SELECT a AS b ... WHERE b` means the column b of the relation, never the alias.
            Map.entry("prefer_column_name_to_alias", "1"),

            // An exception in the middle of a stream must not look like one more row.
            Map.entry("http_write_exception_in_output_format", "0"),
            // Progress headers would commit the status 200 before the query has begun.
            Map.entry("send_progress_in_http_headers", "0"),

            // One way of writing values, whatever the profile says: times as 2026-11-23T10:00:00.123456Z.
            Map.entry("date_time_output_format", "iso"),
            // DESCRIBE names each column once, and its type on one line.
            Map.entry("describe_compact_output", "0"),
            Map.entry("describe_include_subcolumns", "0"),
            Map.entry("print_pretty_type_names", "0"));

    /// Row groups of some hundred rows are as small as is of use.
    private static final int MOST_HALVINGS = 4;

    private static final Duration LONGEST_USER_QUERY = Duration.ofHours(1);

    private final ClickHouseSettings settings;

    QuerySettings(ClickHouseSettings settings) {
        this.settings = settings;
    }

    /// For a query whose small answer is used as a whole.
    ///
    /// @param comment shown in ClickHouse's list and log of queries
    /// @param outOfMemory how many attempts before ran out of memory
    /// @param access what bounds the statement if a user wrote a part of it
    Map<String, String> forAnswer(String comment, int outOfMemory, Map<String, String> access) {
        Map<String, String> chosen = limits(comment, outOfMemory);
        chosen.putAll(settings.extraSettings());
        chosen.putAll(REQUIRED);
        chosen.putAll(access);
        // The server keeps the answer until the query ended well: an error is then never inside the answer.
        chosen.put("wait_end_of_query", "1");
        // In memory, as long as it is small: without this, on disk.
        chosen.put("buffer_size", Integer.toString(1 << 20));
        chosen.put("enable_http_compression", "0");
        return chosen;
    }

    /// For a query whose rows are streamed.
    ///
    /// @param comment shown in ClickHouse's list and log of queries
    /// @param outOfMemory how many attempts before ran out of memory
    /// @param access what bounds the statement if a user wrote a part of it
    /// @param compressed how the stream is compressed as a whole
    /// @param known the settings that the server has
    Map<String, String> forStream(
            String comment,
            int outOfMemory,
            Map<String, String> access,
            StreamCompression compressed,
            OutputFormat format,
            Set<String> known) {
        Map<String, String> chosen = limits(comment, outOfMemory);
        chosen.putAll(format.tuning());
        if (outOfMemory > 0) {
            chosen.putAll(sparingFormat(outOfMemory));
        }
        chosen.keySet().retainAll(known);
        chosen.putAll(settings.extraSettings());
        chosen.putAll(REQUIRED);
        chosen.putAll(access);
        chosen.putAll(format.required());
        chosen.put("wait_end_of_query", "0");
        chosen.put("enable_http_compression", compressed == StreamCompression.NONE ? "0" : "1");
        return chosen;
    }

    /// What bounds a statement of an authority, for a project.
    ///
    /// A user's query runs under `readonly = 1`: unlike 2, that lets no clause of the query change a setting,
    /// neither these bounds nor the project that row policies look at.
    Map<String, String> access(Query.Authority authority, long projectId) {
        return switch (authority) {
            case SOURCE -> Map.of();
            case USER_QUERY -> {
                Map<String, String> bounds = new LinkedHashMap<>();
                bounds.put("readonly", "1");
                bounds.put("max_execution_time", Long.toString(LONGEST_USER_QUERY.toSeconds()));
                String projectSetting = settings.userQueries().projectSetting();
                if (!projectSetting.isEmpty()) {
                    bounds.put(projectSetting, Long.toString(projectId));
                }
                yield bounds;
            }
        };
    }

    /// For what is no part of a run: it must work whatever the operator's settings are.
    Map<String, String> forAdministration() {
        return Map.of("log_comment", "batch-exports", "wait_end_of_query", "1", "enable_http_compression", "0");
    }

    /// Where queries that only read and write rows have their memory. 300,000 rows of 1.2 KB took 242 MB as text with
    /// 4 threads and 74 MB with one that formats by itself; as Parquet 531 MB, and 82 MB with small row groups too.
    private static Map<String, String> sparingFormat(int outOfMemory) {
        int quarterings = 2 * Math.min(outOfMemory, MOST_HALVINGS);
        return Map.of(
                "output_format_parallel_formatting",
                "0",
                "output_format_parquet_parallel_encoding",
                "0",
                OutputFormat.ROW_GROUP_ROWS_SETTING,
                Integer.toString(OutputFormat.ROW_GROUP_ROWS >> quarterings),
                OutputFormat.ROW_GROUP_BYTES_SETTING,
                Integer.toString(OutputFormat.ROW_GROUP_BYTES >> quarterings));
    }

    private Map<String, String> limits(String comment, int outOfMemory) {
        Map<String, String> chosen = new LinkedHashMap<>();
        chosen.put("log_comment", comment);
        chosen.put(
                "max_threads",
                Integer.toString(Math.max(1, settings.maxThreads() >> Math.min(outOfMemory, MOST_HALVINGS))));
        chosen.put("max_memory_usage", Long.toString(settings.maxMemoryBytes()));
        if (settings.readPriority() > 0) {
            chosen.put("priority", Integer.toString(settings.readPriority()));
        }
        // 3 is ClickHouse's own choice and the knee of the curve: higher levels cost more than they save.
        chosen.put("http_zlib_compression_level", "3");
        return chosen;
    }
}
