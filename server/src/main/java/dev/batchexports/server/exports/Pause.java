package dev.batchexports.server.exports;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A time during which an export was paused.
///
/// @param start the epoch for an export that was created paused
/// @param end null while it is still paused
/// @param caughtUp whether a backfill was to export what had been missed
public record Pause(Instant start, @Nullable Instant end, boolean caughtUp) {
    /// Whether the schedule did not start the run of a boundary because of it.
    public boolean covers(Instant boundary) {
        return boundary.isAfter(start) && (end == null || !boundary.isAfter(end));
    }
}
