package dev.batchexports.core.interval;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.stream.Stream;

/// The boundaries of an export over all changes of its grid: each range of time keeps the grid that was in
/// force when its intervals ended, so that what was exported stays an interval. Like the intervals of one
/// grid, they tile time without gap or overlap.
///
/// Where one grid follows another the interval before ends and the interval after begins; either may be
/// shorter than the others.
///
/// @param grid in force now, and wherever no past grid is
/// @param past ascending and disjoint
public record Timeline(IntervalGrid grid, List<PastGrid> past) {
    /// Where one grid holds.
    ///
    /// @param start [Instant#MIN] for none
    /// @param end [Instant#MAX] for none
    private record Stretch(Instant start, Instant end, IntervalGrid grid) {}

    public Timeline {
        past = List.copyOf(past);
        for (int index = 1; index < past.size(); index++) {
            if (past.get(index)
                    .range()
                    .start()
                    .isBefore(past.get(index - 1).range().end())) {
                throw new IllegalArgumentException("past grids must be ascending and disjoint: " + past);
            }
        }
    }

    public static Timeline of(IntervalGrid grid) {
        return new Timeline(grid, List.of());
    }

    /// The timeline after a change of the grid. What lies before the seam keeps its grid; so nothing is
    /// exported twice, and nothing is left out, because the first interval of the new grid begins at the
    /// seam.
    ///
    /// @param first where the intervals begin that were exported or were to be exported; what lies before
    ///     follows the new grid
    /// @param seam a boundary of this timeline, the end of the last interval that has ended
    public Timeline changedTo(IntervalGrid next, Instant first, Instant seam) {
        if (!first.isBefore(seam)) {
            // Nothing was due under the old grid.
            return new Timeline(next, List.of());
        }
        List<PastGrid> kept = new ArrayList<>();
        Instant from = first;
        while (from.isBefore(seam)) {
            Stretch stretch = stretchOf(from);
            Instant until = stretch.end().isBefore(seam) ? stretch.end() : seam;
            boolean same = stretch.grid().equals(next);
            // A stretch of the new grid itself need not be kept where its ends are boundaries anyway.
            if (!same || !next.isBoundary(from) || !next.isBoundary(until)) {
                kept.add(new PastGrid(new Interval(from, until), stretch.grid()));
            }
            from = until;
        }
        return new Timeline(next, kept);
    }

    /// The timeline with one more boundary.
    public Timeline cutAt(Instant cut) {
        if (isBoundary(cut)) {
            return this;
        }
        PastGrid before =
                new PastGrid(new Interval(floor(cut), cut), stretchOf(cut).grid());
        List<PastGrid> more = new ArrayList<>();
        for (PastGrid former : past) {
            Interval range = former.range();
            if (range.contains(cut)) {
                more.add(new PastGrid(new Interval(range.start(), cut), former.grid()));
                more.add(new PastGrid(new Interval(cut, range.end()), former.grid()));
            } else {
                more.add(former);
            }
        }
        if (more.size() == past.size()) {
            more.add(before);
            more.sort(Comparator.comparing(former -> former.range().start()));
        }
        return new Timeline(grid, more);
    }

    /// The last boundary at or before the time.
    public Instant floor(Instant time) {
        Stretch stretch = stretchOf(time);
        Instant floor = stretch.grid().floor(time);
        return floor.isBefore(stretch.start()) ? stretch.start() : floor;
    }

    /// The first boundary at or after the time.
    public Instant ceiling(Instant time) {
        Instant floor = floor(time);
        return floor.equals(time) ? time : next(floor);
    }

    /// The first boundary after the time.
    public Instant next(Instant time) {
        Stretch stretch = stretchOf(time);
        Instant next = stretch.grid().next(time);
        return next.isAfter(stretch.end()) ? stretch.end() : next;
    }

    /// The last boundary before the time.
    public Instant previous(Instant time) {
        return floor(time.minusNanos(1));
    }

    public boolean isBoundary(Instant time) {
        return floor(time).equals(time);
    }

    /// The interval of the run that was scheduled for this boundary.
    ///
    /// @throws IllegalArgumentException when the time is no boundary
    public Interval endingAt(Instant boundary) {
        if (!isBoundary(boundary)) {
            throw new IllegalArgumentException(boundary + " is no boundary of " + this);
        }
        return new Interval(previous(boundary), boundary);
    }

    /// Every interval that lies wholly within `[start, end)`, oldest first, made as they are asked for.
    public Stream<Interval> within(Instant start, Instant end) {
        Iterator<Interval> intervals = new Iterator<>() {
            private Instant from = ceiling(start);

            @Override
            public boolean hasNext() {
                return !Timeline.this.next(from).isAfter(end);
            }

            @Override
            public Interval next() {
                if (!hasNext()) {
                    throw new NoSuchElementException();
                }
                Interval interval = new Interval(from, Timeline.this.next(from));
                from = interval.end();
                return interval;
            }
        };
        return Stream.iterate(intervals, Iterator::hasNext, same -> same).map(Iterator::next);
    }

    private Stretch stretchOf(Instant time) {
        Instant start = Instant.MIN;
        for (PastGrid former : past) {
            Interval range = former.range();
            if (time.isBefore(range.start())) {
                return new Stretch(start, range.start(), grid);
            }
            if (time.isBefore(range.end())) {
                return new Stretch(range.start(), range.end(), former.grid());
            }
            start = range.end();
        }
        return new Stretch(start, Instant.MAX, grid);
    }

    @Override
    public String toString() {
        return past.isEmpty() ? grid.toString() : grid + " after " + past;
    }
}
