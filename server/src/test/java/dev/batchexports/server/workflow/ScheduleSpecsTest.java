package dev.batchexports.server.workflow;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Timestamp;
import dev.batchexports.core.interval.Frequency;
import dev.batchexports.core.interval.IntervalGrid;
import dev.batchexports.server.Settings;
import dev.batchexports.server.exports.BatchExport;
import io.temporal.api.workflowservice.v1.ListScheduleMatchingTimesRequest;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// The times at which Temporal itself says that a schedule fires, against the boundaries of the grid.
@TestInstance(Lifecycle.PER_CLASS)
class ScheduleSpecsTest {
    private static final Instant FROM = Instant.parse("2027-01-01T00:00:30Z");
    private static final Instant UNTIL = Instant.parse("2028-12-31T00:00:30Z");

    private final TestServer server = TestServer.start(
            new MemoryDestination(), TestServer.settings(Settings.Role.WORKER, Long.MAX_VALUE, TestServer.KEY));

    @AfterAll
    void stop() {
        server.close();
    }

    /// Zones whose clocks change at different hours and by different amounts, on both hemispheres, each
    /// with the hours around the change.
    static Stream<Arguments> days() {
        return Stream.of(
                        "UTC 0 9",
                        "Z 0 9",
                        "+05:30 0 23",
                        "Asia/Kolkata 0 23",
                        "Europe/Berlin 0 1 2 3 12",
                        "Europe/London 0 1 2",
                        "America/New_York 0 1 2 3",
                        "America/Havana 0 1 23",
                        "America/Santiago 0 1 23",
                        "America/Nuuk 0 22 23",
                        "Atlantic/Azores 0 23",
                        "Africa/Cairo 0 1 22 23",
                        "Africa/Casablanca 1 2 3",
                        "Asia/Beirut 0 22 23",
                        "Asia/Gaza 0 1 2",
                        "Antarctica/Troll 0 1 2 3",
                        "Australia/Sydney 1 2 3",
                        "Australia/Lord_Howe 1 2 3",
                        "Pacific/Chatham 2 3 4",
                        "Pacific/Easter 21 22 23")
                .flatMap(line -> {
                    String[] words = line.split(" ", -1);
                    List<Arguments> arguments = new ArrayList<>();
                    for (int index = 1; index < words.length; index++) {
                        arguments.add(Arguments.of(words[0], Integer.parseInt(words[index])));
                    }
                    return arguments.stream();
                });
    }

    @ParameterizedTest
    @MethodSource("days")
    void aDailyScheduleFiresAtEveryBoundaryOfTheGrid(String zone, int hour) {
        firesAtEveryBoundary(new IntervalGrid(new Frequency.Day(), ZoneId.of(zone), hour, 0));
    }

    @ParameterizedTest
    @MethodSource("days")
    void aWeeklyScheduleFiresAtEveryBoundaryOfTheGrid(String zone, int hour) {
        for (int day : List.of(0, 4, 5, 6)) {
            firesAtEveryBoundary(new IntervalGrid(new Frequency.Week(), ZoneId.of(zone), hour, day));
        }
    }

    @Test
    void shortIntervalsFireAtEveryBoundaryOfTheGridAndAtNoOtherTime() {
        for (String frequency : List.of("hour", "every 5 minutes", "every 20 minutes")) {
            BatchExport export = export(IntervalGrid.of(Frequency.parse(frequency)));

            assertThat(firingTimes(export, FROM, FROM.plus(Duration.ofDays(1))))
                    .as(frequency)
                    .isEqualTo(boundaries(export.grid(), FROM, FROM.plus(Duration.ofDays(1))));
        }
    }

    @Test
    void firesFirstAtTheEndOfTheFirstWholeIntervalAndLastAtTheBoundaryAfterTheEnd() {
        Instant start = Instant.parse("2027-03-01T10:30:00Z");
        Instant end = Instant.parse("2027-03-01T14:10:00Z");
        BatchExport export = Exports.with("startAt", start)
                .andThen(Exports.with("endAt", end))
                .apply(server.memoryExport(1));

        assertThat(firingTimes(export, FROM, UNTIL))
                .containsExactly(
                        Instant.parse("2027-03-01T12:00:00Z"),
                        Instant.parse("2027-03-01T13:00:00Z"),
                        Instant.parse("2027-03-01T14:00:00Z"),
                        Instant.parse("2027-03-01T15:00:00Z"));
    }

    @Test
    void anEndAtABoundaryIsTheLastTimeThatFires() {
        Instant end = Instant.parse("2027-03-01T14:00:00Z");
        BatchExport export = Exports.with("startAt", end.minus(Duration.ofHours(2)))
                .andThen(Exports.with("endAt", end))
                .apply(server.memoryExport(1));

        assertThat(firingTimes(export, FROM, UNTIL)).containsExactly(end.minus(Duration.ofHours(1)), end);
    }

    private void firesAtEveryBoundary(IntervalGrid grid) {
        List<Instant> fired = firingTimes(export(grid), FROM, UNTIL);
        List<Instant> boundaries = boundaries(grid, FROM, UNTIL);

        assertThat(fired).as(grid.toString()).containsAll(boundaries).doesNotHaveDuplicates();
        // Some times that are no boundaries are unavoidable; their runs are left out when they start.
        assertThat(fired.size() - boundaries.size()).as(grid.toString()).isLessThanOrEqualTo(8);
    }

    private BatchExport export(IntervalGrid grid) {
        return Exports.with("grid", grid).apply(server.memoryExport(1));
    }

    private static List<Instant> boundaries(IntervalGrid grid, Instant from, Instant until) {
        return Stream.iterate(grid.ceiling(from), boundary -> boundary.isBefore(until), grid::next)
                .toList();
    }

    private List<Instant> firingTimes(BatchExport export, Instant from, Instant until) {
        server.orchestration.applySchedule(export);
        List<Instant> times = server
                .temporal
                .call(stub -> stub.listScheduleMatchingTimes(ListScheduleMatchingTimesRequest.newBuilder()
                        .setNamespace("default")
                        .setScheduleId(ScheduleSpecs.scheduleId(export))
                        .setStartTime(Timestamp.newBuilder().setSeconds(from.getEpochSecond()))
                        .setEndTime(Timestamp.newBuilder().setSeconds(until.getEpochSecond()))
                        .build()))
                .getStartTimeList()
                .stream()
                .map(TemporalConnection::instant)
                .toList();
        server.orchestration.applySchedule(
                Exports.with("deletedAt", TestServer.now()).apply(export));
        return times;
    }
}
