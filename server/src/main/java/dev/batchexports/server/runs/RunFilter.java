package dev.batchexports.server.runs;

import dev.batchexports.core.run.RunStatus;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Which runs of an export to list.
///
/// @param statuses empty for all
/// @param start only runs whose interval starts at or after it
/// @param end only runs whose interval ends at or before it
public record RunFilter(
        List<RunStatus> statuses,
        @Nullable Instant start,
        @Nullable Instant end,
        @Nullable UUID backfillId) {
    public static RunFilter all() {
        return new RunFilter(List.of(), null, null, null);
    }
}
