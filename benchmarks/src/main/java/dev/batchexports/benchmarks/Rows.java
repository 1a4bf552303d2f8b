package dev.batchexports.benchmarks;

import dev.batchexports.core.interval.Interval;
import dev.batchexports.embedded.Connections;
import dev.batchexports.embedded.sample.ClickHouseEndpoint;
import dev.batchexports.embedded.sample.SampleData;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/// The rows of one interval of the table `events`, made inside the engine, and how to tell whether files hold
/// exactly these.
final class Rows {
    /// The sample project that owns most rows.
    static final long PROJECT = 1;

    private static final double SHARE_OF_PROJECT = 0.7;

    static final String COLUMNS =
            "uuid, event, distinct_id, person_id, properties, person_properties, elements_chain, timestamp,"
                    + " created_at, team_id, inserted_at";

    /// Count, sum and exclusive or of a 64-bit hash of every row: the order of rows does not matter, a row that is
    /// missing, doubled or changed does.
    private static final String CONTENT = """
            SELECT count(), sum(row), groupBitXor(row) FROM (SELECT cityHash64(toString(uuid), toString(event),
                distinct_id, toString(person_id), properties, person_properties, elements_chain,
                toUnixTimestamp64Micro(timestamp), toUnixTimestamp64Micro(created_at), team_id,
                toUnixTimestamp64Micro(inserted_at)) AS row FROM %s)
            """;

    private final ClickHouse clickhouse;
    private final Connections connections;
    private final Interval interval;
    private final long count;
    private final long rawBytes;
    private final String content;

    private Rows(ClickHouse clickhouse, Connections connections, Interval interval) {
        this.clickhouse = clickhouse;
        this.connections = connections;
        this.interval = interval;
        this.count = Long.parseLong(clickhouse.run("SELECT count() FROM events WHERE " + condition()));
        this.rawBytes = Long.parseLong(clickhouse.run("SELECT sum(length(formatRow('JSONEachRow', " + COLUMNS
                + "))) FROM (SELECT " + COLUMNS + " FROM events WHERE " + condition() + ")"));
        this.content =
                clickhouse.run(CONTENT.formatted("(SELECT " + COLUMNS + " FROM events WHERE " + condition() + ")"));
    }

    /// @param wanted about as many
    static Rows make(ClickHouse clickhouse, Connections connections, long wanted) {
        Instant start = Instant.now().truncatedTo(ChronoUnit.HOURS).minus(5, ChronoUnit.HOURS);
        Interval interval = new Interval(start, start.plus(1, ChronoUnit.HOURS));
        ClickHouseEndpoint endpoint = ClickHouseEndpoint.of(connections);
        try (SampleData sample = new SampleData(endpoint, (done, total) -> {})) {
            // In pieces: what one statement makes has to fit into its memory.
            int pieces = (int) Math.max(1, wanted / 500_000);
            Duration piece = interval.duration().dividedBy(pieces);
            for (int index = 0; index < pieces; index++) {
                Instant from = start.plus(piece.multipliedBy(index));
                Instant to = index == pieces - 1 ? interval.end() : from.plus(piece);
                sample.addEvenly(from, to, Math.round(wanted / SHARE_OF_PROJECT / pieces));
            }
        }
        clickhouse.run("OPTIMIZE TABLE events FINAL");
        return of(clickhouse, connections, interval);
    }

    /// Those that are there.
    static Rows of(ClickHouse clickhouse, Connections connections, Interval interval) {
        return new Rows(clickhouse, connections, interval);
    }

    Interval interval() {
        return interval;
    }

    long count() {
        return count;
    }

    /// Bytes of these rows as JSON lines that nothing has compressed: what MB/s mean in every report.
    long rawBytes() {
        return rawBytes;
    }

    /// For a program that reads with a query of its own.
    String query() {
        return "SELECT " + COLUMNS + " FROM events WHERE " + condition();
    }

    private String condition() {
        return "team_id = %d AND inserted_at >= toDateTime64('%s', 6, 'UTC') AND inserted_at < toDateTime64('%s', 6, 'UTC')"
                .formatted(PROJECT, text(interval.start()), text(interval.end()));
    }

    private static String text(Instant instant) {
        return instant.truncatedTo(ChronoUnit.SECONDS)
                .toString()
                .replace("T", " ")
                .replace("Z", "");
    }

    /// Reads what was written back by the engine's own reader.
    ///
    /// @throws IllegalStateException if it is not exactly these rows
    void require(Format format, String pattern) {
        String files = "s3('%s/%s/%s', '%s', '%s', '%s', '%s')"
                .formatted(
                        connections.s3Endpoint(),
                        connections.s3Bucket(),
                        pattern,
                        connections.s3AccessKeyId(),
                        connections.s3SecretAccessKey(),
                        format.isParquet() ? "Parquet" : "JSONEachRow",
                        """
                        uuid UUID, event String, distinct_id String, person_id UUID, properties String,
                        person_properties String, elements_chain String, timestamp DateTime64(6, \\'UTC\\'),
                        created_at DateTime64(6, \\'UTC\\'), team_id Int64, inserted_at DateTime64(6, \\'UTC\\')""");
        String found = clickhouse.run(CONTENT.formatted(files) + " SETTINGS date_time_input_format = 'best_effort',"
                + " input_format_json_read_objects_as_strings = 1, input_format_null_as_default = 1");
        if (!found.equals(content)) {
            throw new IllegalStateException("The files " + pattern + " hold other rows than the table: count, sum and"
                    + " hash are " + found + " instead of " + content);
        }
    }

    /// The engine writing the same rows by itself.
    ///
    /// @param more settings, as SQL
    String insertStatement(Format format, String key, String more) {
        String settings = (format.isParquet()
                        ? " SETTINGS output_format_parquet_compression_method = '" + format.compression() + "'"
                        : " SETTINGS date_time_output_format = 'iso'")
                + (more.isEmpty() ? "" : ", " + more);
        return "INSERT INTO FUNCTION s3('%s/%s/%s', '%s', '%s', '%s', 'auto', '%s') "
                        .formatted(
                                connections.s3Endpoint(),
                                connections.s3Bucket(),
                                key,
                                connections.s3AccessKeyId(),
                                connections.s3SecretAccessKey(),
                                format.isParquet() ? "Parquet" : "JSONEachRow",
                                format.isParquet() ? "none" : format.compression())
                + query()
                + settings;
    }
}
