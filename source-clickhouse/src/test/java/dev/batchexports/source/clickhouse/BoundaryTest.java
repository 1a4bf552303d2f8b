package dev.batchexports.source.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.model.Model;
import dev.batchexports.core.source.RowSelection;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Which rows belong to an interval.
class BoundaryTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "DateTime64(6, 'UTC')           | 09:59:59.999999    | 10:00:00           | 10:59:59.999999    | 11:00:00",
                "DateTime64(6, 'Asia/Tokyo')    | 09:59:59.999999    | 10:00:00.000001    | 10:59:59.999999    | 11:00:00",
                "DateTime64(3)                  | 09:59:59.999       | 10:00:00           | 10:59:59.999       | 11:00:00.001",
                "DateTime64(9, 'UTC')           | 09:59:59.999999999 | 10:00:00.000000000 | 10:59:59.999999999 | 11:00:00",
                "DateTime64(0, 'UTC')           | 09:59:59           | 10:00:00           | 10:59:59           | 11:00:00",
                "DateTime                       | 09:59:59           | 10:00:00           | 10:59:59           | 11:00:00",
                "DateTime('America/Sao_Paulo')  | 09:59:59           | 10:00:00           | 10:59:59           | 11:00:00",
            })
    void startIsInclusiveAndEndIsExclusive(String type, String before, String first, String last, String after) {
        try (TestDatabase database = TestDatabase.create()) {
            createRows(database, type, List.of(before, first, last, after));

            RowSelection selection = TestDatabase.selection(TestDatabase.model("t"));

            assertThat(database.export(selection, TestDatabase.JSON_LINES).lines())
                    .extracting(BoundaryTest::id)
                    .containsExactlyInAnyOrder(1, 2);
            assertThat(database.source().count(selection, TestDatabase.tag())).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "DateTime64(6, 'UTC') | 10:00:00.499999    | 10:00:00.5         | 10:00:02.249999    | 10:00:02.25",
                "DateTime64(9, 'UTC') | 10:00:00.499999999 | 10:00:00.500000000 | 10:00:02.249999999 | 10:00:02.250000000",
                "DateTime64(3, 'UTC') | 10:00:00.499       | 10:00:00.5         | 10:00:02.249       | 10:00:02.25",
                "DateTime64(1, 'UTC') | 10:00:00.4         | 10:00:00.5         | 10:00:02.2         | 10:00:02.3",
                "DateTime             | 10:00:00           | 10:00:01           | 10:00:02           | 10:00:03",
            })
    void boundsWithinASecondAreExact(String type, String before, String first, String last, String after) {
        try (TestDatabase database = TestDatabase.create()) {
            createRows(database, type, List.of(before, first, last, after));
            Interval interval =
                    new Interval(Instant.parse("2026-11-01T10:00:00.5Z"), Instant.parse("2026-11-01T10:00:02.25Z"));

            RowSelection selection = TestDatabase.selection(TestDatabase.model("t"), interval);

            assertThat(database.export(selection, TestDatabase.JSON_LINES).lines())
                    .extracting(BoundaryTest::id)
                    .containsExactlyInAnyOrder(1, 2);
        }
    }

    /// An application that was offline sends what happened long ago; another one's clock is wrong.
    @Test
    void whenAnEventHappenedPlaysNoPart() {
        try (TestDatabase database = TestDatabase.create()) {
            database.createEvents();
            database.insertEvents(100);
            database.run(
                    "INSERT INTO events SELECT * REPLACE (timestamp - toIntervalDay(400) AS timestamp) FROM events");
            database.run(
                    "INSERT INTO events SELECT * REPLACE (timestamp + toIntervalDay(400) AS timestamp) FROM events");

            RowSelection selection = TestDatabase.selection(Model.events());

            assertThat(database.export(selection, TestDatabase.JSON_LINES).lines())
                    .hasSize(400);
            assertThat(database.source().count(selection, TestDatabase.tag())).isEqualTo(400);
        }
    }

    @Test
    void boundsFarOutsideOfWhatTheTypeHoldsTakeAllRows() {
        Interval everything =
                new Interval(Instant.parse("0001-01-01T00:00:00Z"), Instant.parse("9999-01-01T00:00:00Z"));
        for (String type : List.of("DateTime", "DateTime64(3)", "DateTime64(9)")) {
            try (TestDatabase database = TestDatabase.create()) {
                createRows(database, type, List.of("10:00:00", "11:00:00"));

                RowSelection selection = TestDatabase.selection(TestDatabase.model("t"), everything);

                assertThat(database.export(selection, TestDatabase.JSON_LINES).rows())
                        .isEqualTo(2);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"DateTime64(6, 'UTC')", "DateTime64(9, 'UTC')", "DateTime64(3)", "DateTime64(1)", "DateTime"})
    void manyIntervalsCountedAtOnceHaveTheRowsThatEachHasByItself(String type) {
        try (TestDatabase database = TestDatabase.create()) {
            createRows(
                    database,
                    type,
                    List.of(
                            "10:00:00",
                            "10:00:00.5",
                            "10:10:00",
                            "10:19:59.999",
                            "10:20:00",
                            "10:50:00.25",
                            "11:00:00"));
            Instant ten = TestDatabase.HOUR.start();
            List<Interval> intervals = List.of(
                    new Interval(ten, ten.plusMillis(500)),
                    new Interval(ten.plusMillis(500), ten.plusSeconds(1200)),
                    new Interval(ten.plusSeconds(1200), ten.plusSeconds(1201)),
                    // a gap before it, and nothing in it
                    new Interval(ten.plusSeconds(1800), ten.plusSeconds(2400)),
                    new Interval(ten.plusSeconds(2400), ten.plusSeconds(3600)));
            RowSelection selection = TestDatabase.selection(TestDatabase.model("t"));

            List<Long> counts = database.source().counts(selection, intervals, TestDatabase.tag());

            assertThat(counts)
                    .containsExactlyElementsOf(intervals.stream()
                            .map(interval -> database.source().count(selection.within(interval), TestDatabase.tag()))
                            .toList());
            assertThat(counts.stream().mapToLong(Long::longValue).sum()).isEqualTo(6);
        }
    }

    private static void createRows(TestDatabase database, String type, List<String> times) {
        database.run("CREATE TABLE t (id UInt8, inserted_at " + type + ") ENGINE = MergeTree ORDER BY inserted_at");
        for (int id = 0; id < times.size(); id++) {
            // Text with a zone says which instant is meant, whatever the zone of the column.
            database.run("INSERT INTO t SELECT " + id + ", parseDateTime64BestEffort('2026-11-01T"
                    + times.get(id).strip() + "Z', 9, 'UTC')");
        }
    }

    private static int id(String line) {
        return Integer.parseInt(line.replaceFirst("^\\{\"id\":(\\d+),.*$", "$1"));
    }
}
