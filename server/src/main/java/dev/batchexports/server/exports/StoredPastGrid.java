package dev.batchexports.server.exports;

import dev.batchexports.core.interval.Frequency;
import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.interval.IntervalGrid;
import dev.batchexports.core.interval.PastGrid;
import dev.batchexports.server.store.Json;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import tools.jackson.core.type.TypeReference;

/// A grid that was in force once, as the database keeps it.
record StoredPastGrid(Instant start, Instant end, String frequency, String timeZone, int offsetHour, int offsetDay) {
    static String write(List<PastGrid> grids) {
        return Json.write(grids.stream().map(StoredPastGrid::of).toList());
    }

    static List<PastGrid> read(String json) {
        return Json.read(json, new TypeReference<List<StoredPastGrid>>() {}).stream()
                .map(StoredPastGrid::toPastGrid)
                .toList();
    }

    private static StoredPastGrid of(PastGrid past) {
        IntervalGrid grid = past.grid();
        return new StoredPastGrid(
                past.range().start(),
                past.range().end(),
                grid.frequency().toString(),
                grid.zone().getId(),
                grid.offsetHour(),
                grid.offsetDay());
    }

    private PastGrid toPastGrid() {
        return new PastGrid(
                new Interval(start, end),
                new IntervalGrid(Frequency.parse(frequency), ZoneId.of(timeZone), offsetHour, offsetDay));
    }
}
