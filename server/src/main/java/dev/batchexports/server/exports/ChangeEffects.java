package dev.batchexports.server.exports;

import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.interval.Timeline;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// What a change of an export means for what was exported before and for what comes, in sentences.
final class ChangeEffects {
    /// So many intervals are counted at most.
    private static final int MOST = 10_000;

    private ChangeEffects() {}

    static List<String> of(BatchExport before, BatchExport after, Instant now) {
        List<String> effects = new ArrayList<>();
        if (!before.grid().equals(after.grid())) {
            addGrid(before, after, now, effects);
        }
        if (!Objects.equals(before.startAt(), after.startAt())) {
            addStart(before, after, now, effects);
        }
        if (!Objects.equals(before.endAt(), after.endAt())) {
            addEnd(before.endAt(), after.endAt(), now, effects);
        }
        if (!before.model().equals(after.model())
                || !before.includeEvents().equals(after.includeEvents())
                || !before.excludeEvents().equals(after.excludeEvents())
                || !before.filters().equals(after.filters())) {
            effects.add("Runs that begin from now on export what the new model and filters select; intervals that were"
                    + " exported before keep their rows until they are run again.");
        }
        if (!before.destination().type().equals(after.destination().type())
                || !before.destination().config().equals(after.destination().config())) {
            effects.add("Runs that begin from now on write to the new place; what was exported before stays where it"
                    + " is. A run that is under way stops with the error ExportChanged: retry it.");
        }
        if (!before.rerunMode().equals(after.rerunMode())) {
            effects.add("An interval that is run again "
                    + switch (after.rerunMode()) {
                        case APPEND -> "adds its rows to those that are there.";
                        case REPLACE -> "replaces the rows that are there.";
                    });
        }
        if (!before.settle().equals(after.settle())) {
            effects.add("Runs that begin from now on wait " + after.settle().toSeconds()
                    + " s after the end of their interval.");
        }
        if (before.paused() != after.paused()) {
            effects.add(
                    after.paused()
                            ? "Intervals that end from now on are skipped until the export is unpaused; what runs goes"
                                    + " on."
                            : "Intervals that end from now on are exported again.");
        }
        return effects;
    }

    private static void addGrid(BatchExport before, BatchExport after, Instant now, List<String> effects) {
        Instant seam = before.timeline().floor(now);
        Timeline timeline = after.timeline();
        Instant end = timeline.next(seam);
        if (timeline.past().isEmpty()) {
            effects.add("Nothing was due yet, so all intervals are of the new length (" + after.grid() + ").");
        } else {
            effects.add("Intervals that ended by " + seam + " stay as they are (" + before.grid()
                    + "), also when they are run again.");
            effects.add("The first new interval (" + after.grid() + ") is " + seam + " to " + end
                    + (after.grid().isBoundary(seam)
                            ? "."
                            : ", shorter than the others, so that no row is left out or" + " exported twice."));
        }
        addDue(after, seam, now, effects);
    }

    private static void addStart(BatchExport before, BatchExport after, Instant now, List<String> effects) {
        Instant from = before.firstIntervalStart();
        Instant to = after.firstIntervalStart();
        if (to.isAfter(from)) {
            effects.add("Intervals that begin before " + to
                    + " are not expected any more; what was exported of them stays.");
        } else if (to.isBefore(from)) {
            effects.add("Intervals are expected from " + to + " on.");
            addDue(after, to, from.isBefore(now) ? from : now, effects);
        }
    }

    private static void addEnd(@Nullable Instant from, @Nullable Instant to, Instant now, List<String> effects) {
        if (to != null) {
            effects.add("Nothing that lands at or after " + to + " is exported, by schedule, retry or backfill"
                    + (to.isAfter(now) ? "." : "; what was exported of it before stays."));
        }
        if (from != null && !from.isAfter(now) && (to == null || to.isAfter(from))) {
            effects.add("What landed since " + from + ", the former end, is expected now"
                    + (to == null ? "." : " up to the new end."));
        }
    }

    private static void addDue(BatchExport export, Instant from, Instant to, List<String> effects) {
        Instant first = export.firstIntervalStart();
        List<Interval> due = export.timeline()
                .within(from.isBefore(first) ? first : from, to)
                .takeWhile(
                        interval -> export.intervalScheduledAt(interval.end()).isPresent())
                .limit(MOST)
                .toList();
        if (!due.isEmpty()) {
            effects.add((due.size() == MOST ? "More than " + MOST : Integer.toString(due.size()))
                    + (due.size() == 1 ? " interval has" : " intervals have") + " ended already: "
                    + (export.paused()
                            ? "run them by a backfill."
                            : "they are run one after the other, after what is due now."));
        }
    }
}
