package dev.batchexports.source.clickhouse;

import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.model.Model;
import dev.batchexports.core.model.Relation;
import dev.batchexports.core.source.Compression;
import dev.batchexports.core.source.EncodedRows;
import dev.batchexports.core.source.Encoding;
import dev.batchexports.core.source.FileFormat;
import dev.batchexports.core.source.QueryTag;
import dev.batchexports.core.source.RowSelection;
import dev.batchexports.core.source.Slice;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/// A database of its own for one test, and the words in which tests speak of it.
final class TestDatabase implements AutoCloseable {
    static final Encoding JSON_LINES = new Encoding(FileFormat.JSON_LINES, Compression.NONE);
    static final Encoding TAB_SEPARATED = new Encoding(FileFormat.TAB_SEPARATED, Compression.NONE);
    static final Encoding PARQUET = new Encoding(FileFormat.PARQUET, Compression.ZSTD);

    /// An hour in which tests let rows land.
    static final Interval HOUR =
            new Interval(Instant.parse("2026-11-01T10:00:00Z"), Instant.parse("2026-11-01T11:00:00Z"));

    private final TestEngine engine;
    private final String name;
    private final ClickHouseSource source;

    private TestDatabase(TestEngine engine, String name) {
        this.engine = engine;
        this.name = name;
        this.source = ClickHouseSource.open(engine.settings(name));
    }

    static TestDatabase create() {
        return create(TestEngine.shared());
    }

    static TestDatabase create(TestEngine engine) {
        String name = "test_" + UUID.randomUUID().toString().replace("-", "");
        engine.run("default", "CREATE DATABASE " + name);
        return new TestDatabase(engine, name);
    }

    ClickHouseSource source() {
        return source;
    }

    ClickHouseSettings settings() {
        return engine.settings(name);
    }

    String run(String sql) {
        return engine.run(name, sql);
    }

    /// A table `events` as the built-in model reads it.
    void createEvents() {
        run("""
                CREATE TABLE events (
                    uuid UUID, event LowCardinality(String), distinct_id String, person_id UUID,
                    properties String, person_properties String, elements_chain String,
                    timestamp DateTime64(6, 'UTC'), created_at DateTime64(6, 'UTC'), team_id Int64,
                    inserted_at DateTime64(6, 'UTC'))
                ENGINE = MergeTree ORDER BY (team_id, inserted_at, uuid)
                """);
    }

    /// Events of project 1 that land evenly over the hour.
    void insertEvents(long rows) {
        run("""
                INSERT INTO events SELECT
                    generateUUIDv4(number), ['$pageview', '$autocapture', 'click'][number %% 3 + 1],
                    concat('user ', toString(cityHash64(number) %% 1000)), generateUUIDv4(number + 1),
                    concat('{"$url":"https://example.com/', hex(sipHash64(number)), '","price":', toString(number),
                        '.10,"nested":{"list":[1,2,3],"text":"d\\\\u00e9j\\\\u00e0 vu"}}'),
                    concat('{"email":"', toString(number %% 1000), '@example.com"}'),
                    if(number %% 3 = 1, 'a.btn:nth-child("1");div', ''),
                    fromUnixTimestamp64Micro(toInt64(1793000000000000 + number)),
                    fromUnixTimestamp64Micro(toInt64(1793000000500000 + number)),
                    1,
                    fromUnixTimestamp64Micro(toInt64(%d + intDiv(number * 3600000000, %d)))
                FROM numbers(%d)
                """.formatted(micros(HOUR.start()), rows, rows));
    }

    static long micros(Instant instant) {
        return Math.addExact(Math.multiplyExact(instant.getEpochSecond(), 1_000_000), instant.getNano() / 1000);
    }

    static Model model(String table) {
        return model(table, "inserted_at");
    }

    static Model model(String table, String landingTimeColumn) {
        return new Model("model", new Relation.Table(table), landingTimeColumn, List.of(), List.of(), null);
    }

    static RowSelection selection(Model model, Interval interval) {
        return new RowSelection(model, 1, interval, List.of(), List.of(), List.of());
    }

    static RowSelection selection(Model model) {
        return selection(model, HOUR);
    }

    /// The whole interval as one slice.
    static Slice whole(Interval interval) {
        return new Slice(0, interval, 0, 1, 0, 0);
    }

    static QueryTag tag() {
        return new QueryTag(UUID.randomUUID(), "slice-0", 1);
    }

    /// The bytes of a stream that was read to its end.
    static final class Content {
        private final byte[] bytes;
        private final long rows;

        Content(byte[] bytes, long rows) {
            this.bytes = bytes;
            this.rows = rows;
        }

        byte[] bytes() {
            return bytes;
        }

        long rows() {
            return rows;
        }

        String text() {
            return new String(bytes, StandardCharsets.UTF_8);
        }

        List<String> lines() {
            return text().lines().toList();
        }
    }

    static Content read(EncodedRows rows) {
        try (rows) {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            byte[] buffer = new byte[50_000];
            for (int count = rows.read(buffer, 0, buffer.length);
                    count >= 0;
                    count = rows.read(buffer, 0, buffer.length)) {
                bytes.write(buffer, 0, count);
            }
            return new Content(bytes.toByteArray(), rows.rows());
        }
    }

    /// All rows of a selection.
    Content export(RowSelection selection, Encoding encoding) {
        return export(selection, whole(selection.interval()), encoding);
    }

    Content export(RowSelection selection, Slice slice, Encoding encoding) {
        return read(open(source, selection, slice, encoding, tag()));
    }

    /// Opens a stream of all columns that there are.
    ///
    /// @param other perhaps one that reaches the same engine on another way
    EncodedRows open(ClickHouseSource other, RowSelection selection, Slice slice, Encoding encoding, QueryTag tag) {
        return other.open(selection, source.columns(selection, tag()), slice, encoding, tag);
    }

    @Override
    public void close() {
        source.close();
        engine.run("default", "DROP DATABASE " + name);
    }
}
