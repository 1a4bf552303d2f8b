package dev.batchexports.embedded.sample;

import java.net.http.HttpClient;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// The sample table `events` and its rows: those of an analytics product with several projects (`team_id`), people,
/// properties as JSON text, and landing times that differ from event times. Beside it `persons` and `sessions`, whose
/// rows land again whenever they change.
///
/// What was loaded is written down beside it, in `sample_data_spans`: loading again adds only what is missing, even
/// after an attempt that was killed. All rows are a function of their landing time, so nothing is doubled.
public final class SampleData implements AutoCloseable {
    private static final Duration PIECE = Duration.ofHours(6);

    private static final String SPANS_TABLE = """
            CREATE TABLE IF NOT EXISTS sample_data_spans
            (
                kind Enum8('planned' = 1, 'loaded' = 2),
                start_micros Int64,
                end_micros Int64,
                rows UInt64
            )
            ENGINE = MergeTree
            ORDER BY (kind, start_micros)
            """;

    private final ClickHouseEndpoint endpoint;
    private final LoadProgress progress;
    private final HttpClient client = HttpClient.newHttpClient();

    public SampleData(ClickHouseEndpoint endpoint, LoadProgress progress) {
        this.endpoint = endpoint;
        this.progress = progress;
    }

    /// A span of landing time and the rows that land in it, on average.
    private record Span(Instant start, Instant end, long rows) {
        Duration length() {
            return Duration.between(start, end);
        }

        /// Cuts at multiples of [#PIECE] from the start; a piece in which nothing lands is left out.
        List<Span> pieces() {
            List<Span> pieces = new ArrayList<>();
            for (Instant from = start; from.isBefore(end); from = from.plus(PIECE)) {
                Instant to = from.plus(PIECE).isBefore(end) ? from.plus(PIECE) : end;
                long share = rowsIn(Duration.between(from, to));
                if (share > 0) {
                    pieces.add(new Span(from, to, share));
                }
            }
            return pieces;
        }

        long rowsIn(Duration part) {
            return Math.round((double) rows * part.toMillis() / Math.max(1, length().toMillis()));
        }
    }

    /// Creates the tables that are missing.
    public void createTables() {
        EventRows.tables().forEach(statement -> run(statement, Map.of()));
    }

    /// Creates the tables and fills them, or completes what an earlier call began, and then adds what has landed since
    /// ([#topUp]). Run it before anything exports: rows appear with landing times in the past.
    ///
    /// @param rows about as many
    /// @param days over which they landed, up to now
    /// @return how many events were added
    public long load(long rows, int days, Instant now) {
        createTables();
        run(SPANS_TABLE, Map.of());
        Optional<Span> earlier = planned();
        Span plan = earlier.orElseGet(() -> new Span(now.minus(Duration.ofDays(days)), now, rows));
        if (earlier.isEmpty()) {
            note("planned", plan);
        }
        Set<Instant> loaded = loadedStarts();
        List<Span> missing = plan.pieces().stream()
                .filter(piece -> !loaded.contains(piece.start()))
                .toList();
        long before = count();
        insert(missing);
        return count() - before + (earlier.isPresent() ? topUp(now) : 0);
    }

    /// Adds the rows that have landed between the newest row and now, as many in a given time as [#load] made. At
    /// most the time that `load` covered is filled.
    ///
    /// @return how many rows were added
    public long topUp(Instant now) {
        Optional<Span> plan = planned();
        if (plan.isEmpty()) {
            return 0;
        }
        Instant newest = instant(run(
                "SELECT toUnixTimestamp64Micro(max(inserted_at)) FROM events WHERE inserted_at <= fromUnixTimestamp64Micro({now:Int64})",
                Map.of("param_now", Long.toString(micros(now)))));
        Instant earliest = now.minus(plan.get().length());
        Instant start = newest.isBefore(earliest) ? earliest : newest.plus(1, ChronoUnit.MICROS);
        if (!start.isBefore(now)) {
            return 0;
        }
        long before = count();
        insert(new Span(start, now, plan.get().rowsIn(Duration.between(start, now))).pieces());
        return count() - before;
    }

    /// Adds rows that land evenly within a span, those of all sample projects together; project 1 has 70 % of them.
    ///
    /// @param rows about as many
    public void addEvenly(Instant start, Instant end, long rows) {
        createTables();
        run(
                EventRows.statement(EventRows.Existing.NONE),
                EventRows.parameters(start, end, rows, EventRows.Activity.EVEN));
    }

    /// Lets rows land from now on, a number each second, until it is closed.
    public LandingRows startLanding(int rowsPerSecond) {
        createTables();
        return new LandingRows(endpoint, rowsPerSecond);
    }

    /// How many events there are.
    public long count() {
        return Long.parseLong(run("SELECT count() FROM events", Map.of()).strip());
    }

    private void insert(List<Span> pieces) {
        if (pieces.isEmpty()) {
            return;
        }
        long total = pieces.stream().mapToLong(Span::rows).sum();
        long done = 0;
        progress.loaded(done, total);
        for (Span piece : pieces) {
            EventRows.Existing existing = rowsIn(piece) == 0 ? EventRows.Existing.NONE : EventRows.Existing.SOME;
            run(
                    EventRows.statement(existing),
                    EventRows.parameters(
                            piece.start(), piece.end(), piece.rows(), EventRows.Activity.BY_DAY_AND_NIGHT));
            for (String statement : EventRows.derived()) {
                run(statement, EventRows.span(piece.start(), piece.end()));
            }
            note("loaded", piece);
            done += piece.rows();
            progress.loaded(done, total);
        }
    }

    private long rowsIn(Span span) {
        return Long.parseLong(run(
                        """
                        SELECT count() FROM events
                        WHERE inserted_at >= fromUnixTimestamp64Micro({from:Int64})
                          AND inserted_at < fromUnixTimestamp64Micro({to:Int64})
                        """,
                        Map.of(
                                "param_from", Long.toString(micros(span.start())),
                                "param_to", Long.toString(micros(span.end()))))
                .strip());
    }

    private void note(String kind, Span span) {
        run(
                "INSERT INTO sample_data_spans SELECT {kind:String}, {start:Int64}, {end:Int64}, {rows:UInt64}",
                Map.of(
                        "param_kind", kind,
                        "param_start", Long.toString(micros(span.start())),
                        "param_end", Long.toString(micros(span.end())),
                        "param_rows", Long.toString(span.rows())));
    }

    private Optional<Span> planned() {
        String line = run(
                        "SELECT start_micros, end_micros, rows FROM sample_data_spans WHERE kind = 'planned' LIMIT 1",
                        Map.of())
                .strip();
        if (line.isEmpty()) {
            return Optional.empty();
        }
        String[] fields = line.split("\t", -1);
        return Optional.of(new Span(instant(fields[0]), instant(fields[1]), Long.parseLong(fields[2])));
    }

    private Set<Instant> loadedStarts() {
        return run("SELECT start_micros FROM sample_data_spans WHERE kind = 'loaded'", Map.of())
                .lines()
                .map(SampleData::instant)
                .collect(Collectors.toSet());
    }

    private String run(String sql, Map<String, String> parameters) {
        return endpoint.run(client, sql, parameters);
    }

    private static long micros(Instant instant) {
        return ChronoUnit.MICROS.between(Instant.EPOCH, instant);
    }

    private static Instant instant(String micros) {
        return Instant.EPOCH.plus(Long.parseLong(micros.strip()), ChronoUnit.MICROS);
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
