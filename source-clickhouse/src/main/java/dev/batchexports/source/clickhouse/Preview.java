package dev.batchexports.source.clickhouse;

import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.source.Compression;
import dev.batchexports.core.source.EncodedRows;
import dev.batchexports.core.source.Encoding;
import dev.batchexports.core.source.FileFormat;
import dev.batchexports.core.source.SourceColumn;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A few rows of a selection, each as a JSON object, in no order.
///
/// @param interval of landing time that was looked at
/// @param columns what each row holds, in order
/// @param rows JSON objects
/// @param completeness whether rows were left out because they are long
public record Preview(Interval interval, List<SourceColumn> columns, List<String> rows, Completeness completeness) {
    /// Whether all rows that were asked for are there.
    public enum Completeness {
        WHOLE,
        /// What is missing would have been longer than a preview may be.
        CUT
    }

    private static final Encoding JSON_LINES = new Encoding(FileFormat.JSON_LINES, Compression.NONE);
    private static final int LONGEST = 1 << 20;

    /// The selection's interval is looked at first; when nothing landed in it, longer ones with the same end.
    private static final List<Duration> WIDER = List.of(Duration.ofDays(1), Duration.ofDays(30), Duration.ofDays(400));

    private static final Map<String, String> BOUNDS = Map.of(
            "max_execution_time", "10",
            "timeout_overflow_mode", "throw",
            "max_threads", "2",
            // Blocks are cut here: a scan that has found enough rows ends early.
            "max_block_size", "8192",
            "max_result_rows", "0");

    public Preview {
        columns = List.copyOf(columns);
        rows = List.copyOf(rows);
    }

    static Preview of(SelectionQueries queries, int rows) {
        Interval asked = queries.selection().interval();
        Preview preview = read(queries, rows);
        for (int step = 0; step < WIDER.size() && preview.rows().isEmpty(); step++) {
            Instant start = asked.end().minus(WIDER.get(step));
            if (start.isBefore(asked.start())) {
                try {
                    preview = read(queries.about(queries.selection().within(new Interval(start, asked.end()))), rows);
                } catch (ExportException failure) {
                    if (!failure.code().equals("Timeout")) {
                        throw failure;
                    }
                    return preview;
                }
            }
        }
        return preview;
    }

    private static Preview read(SelectionQueries queries, int limit) {
        ResolvedSelection selection = queries.resolve();
        OutputFormat format = selection.outputFormat(JSON_LINES);
        byte[] buffer = new byte[LONGEST];
        int length = 0;
        Optional<EncodedRows> ended = Optional.empty();
        try (EncodedRows rows = queries.stream(selection.first(limit, format), format, JSON_LINES, BOUNDS)) {
            while (length < LONGEST && ended.isEmpty()) {
                int read = rows.read(buffer, length, LONGEST - length);
                if (read < 0) {
                    ended = Optional.of(rows);
                } else {
                    length += read;
                }
            }
        }
        String text = new String(buffer, 0, length, StandardCharsets.UTF_8);
        List<String> lines = new ArrayList<>(Arrays.asList(text.split("\n", -1)));
        // Behind the last line end there is nothing, or the beginning of a row that was cut.
        lines.removeLast();
        return new Preview(
                selection.interval(),
                selection.sourceColumns(),
                lines,
                ended.isPresent() ? Completeness.WHOLE : Completeness.CUT);
    }
}
