package dev.batchexports.server.runs;

import dev.batchexports.core.interval.Interval;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/// A line of time, each part of which has the last colour that it was painted with, or none.
final class Painting<C> {
    /// The colour from each instant on, up to the next.
    private final NavigableMap<Instant, Optional<C>> colours = new TreeMap<>(Map.of(Instant.MIN, Optional.empty()));

    void paint(Interval range, C colour) {
        set(range, Optional.of(colour));
    }

    void erase(Interval range) {
        set(range, Optional.empty());
    }

    private void set(Interval range, Optional<C> colour) {
        Optional<C> after = at(range.end());
        colours.subMap(range.start(), true, range.end(), true).clear();
        colours.put(range.start(), colour);
        colours.put(range.end(), after);
    }

    private Optional<C> at(Instant time) {
        return colours.floorEntry(time).getValue();
    }

    /// The colours within a range, in order; empty where there is none.
    List<Optional<C>> within(Interval range) {
        List<Optional<C>> found = new ArrayList<>();
        found.add(at(range.start()));
        found.addAll(colours.subMap(range.start(), false, range.end(), false).values());
        return found;
    }
}
