package dev.batchexports.embedded.sample;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Makes the rows of a span of landing time, inside ClickHouse: an `INSERT ... SELECT FROM numbers()` whose every
/// value is a function of the span's start and the row's number. Making the same rows again gives the same rows.
final class EventRows {
    /// The mean of the curve by which more lands at day than at night; see `insert_events.sql`.
    private static final double MEAN_ACTIVITY = 0.6;

    /// Blocks of this size keep an insert below some hundred MB.
    private static final Map<String, String> SETTINGS = Map.of(
            "max_block_size", "16384",
            "max_insert_threads", "2",
            "min_insert_block_size_rows", "200000",
            "min_insert_block_size_bytes", "200000000");

    private static final String STATEMENT = resource("insert_events.sql");

    private EventRows() {}

    /// Whether rows follow the hours of the day.
    enum Activity {
        BY_DAY_AND_NIGHT,
        EVEN
    }

    /// Which rows there are already.
    enum Existing {
        NONE,
        /// Some of the same rows, from an attempt that was cut off: only the others are made.
        SOME
    }

    /// The statements that create the tables.
    static List<String> tables() {
        return List.of(resource("create_events.sql"), resource("create_persons.sql"), resource("create_sessions.sql"));
    }

    /// The statements that make the rows of persons and sessions from the events of a span. Running them again adds
    /// only what is missing.
    static List<String> derived() {
        return List.of(resource("insert_persons.sql"), resource("insert_sessions.sql"));
    }

    /// The parameters of [#derived] for one span.
    static Map<String, String> span(Instant start, Instant end) {
        Map<String, String> parameters = new HashMap<>(SETTINGS);
        parameters.put("param_start_micros", Long.toString(ChronoUnit.MICROS.between(Instant.EPOCH, start)));
        parameters.put(
                "param_span_micros", Long.toString(Duration.between(start, end).toNanos() / 1_000));
        return parameters;
    }

    /// The parameters of [#statement] for one span.
    ///
    /// @param rows how many land in the span, on average
    static Map<String, String> parameters(Instant start, Instant end, long rows, Activity activity) {
        double share = activity == Activity.EVEN ? 1 : MEAN_ACTIVITY;
        Map<String, String> parameters = span(start, end);
        parameters.put("param_candidates", Long.toString(Math.round(rows / share)));
        parameters.put("param_even", activity == Activity.EVEN ? "1" : "0");
        return parameters;
    }

    static String statement(Existing existing) {
        return existing == Existing.NONE ? STATEMENT : STATEMENT + """

                        AND uuid NOT IN (
                            SELECT uuid FROM events
                            WHERE inserted_at >= fromUnixTimestamp64Micro({start_micros:Int64}, 'UTC')
                              AND inserted_at < fromUnixTimestamp64Micro({start_micros:Int64} + {span_micros:Int64}, 'UTC'))
                        """;
    }

    private static String resource(String name) {
        try (InputStream stream = EventRows.class.getResourceAsStream(name)) {
            if (stream == null) {
                throw new IllegalStateException("The resource " + name + " is missing from the build.");
            }
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
