package dev.batchexports.server.backfills;

import dev.batchexports.core.interval.Interval;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// A historical export: runs over the past intervals within `[startAt, endAt)`, both boundaries of the
/// export's grid.
///
/// @param startAt null for the earliest data
/// @param concurrency how many runs at once, from 1
/// @param totalRuns null until the intervals are known
/// @param rerunOf the backfill whose failed runs this one executes again; null for every interval
/// @param begunAt when its workflow has begun; null while the workflow may not exist yet
/// @param activeSince since when it is Running; null while it is not
/// @param activeBefore how long it was Running before that
public record Backfill(
        UUID id,
        UUID exportId,
        @Nullable Instant startAt,
        Instant endAt,
        BackfillScope scope,
        int concurrency,
        BackfillStatus status,
        @Nullable Integer totalRuns,
        int finishedRuns,
        int failedRuns,
        @Nullable Long totalRecordsCount,
        @Nullable UUID rerunOf,
        Instant createdAt,
        Instant lastUpdatedAt,
        @Nullable Instant begunAt,
        @Nullable Instant activeSince,
        Duration activeBefore,
        @Nullable Instant finishedAt) {

    /// One that is about to exist, with status Starting.
    public static Backfill starting(
            UUID id,
            UUID exportId,
            @Nullable Instant startAt,
            Instant endAt,
            BackfillScope scope,
            int concurrency,
            @Nullable Integer totalRuns,
            @Nullable UUID rerunOf,
            Instant now) {
        return new Backfill(
                id,
                exportId,
                startAt,
                endAt,
                scope,
                concurrency,
                BackfillStatus.STARTING,
                totalRuns,
                0,
                0,
                null,
                rerunOf,
                now,
                now,
                null,
                null,
                Duration.ZERO,
                null);
    }

    /// Whether the first run of an interval is left to it, as long as it is not finished. One that executes
    /// failed runs again is about those intervals only that have had a run.
    public boolean isToExport(Interval interval) {
        return rerunOf == null
                && (startAt == null || !interval.start().isBefore(startAt))
                && !interval.end().isAfter(endAt);
    }

    /// The id of the workflow that works this backfill off.
    public String workflowId() {
        return exportId + "-backfill-" + id;
    }

    /// How long it was at work, without the time that it was paused.
    public Duration active(Instant now) {
        return activeSince == null ? activeBefore : activeBefore.plus(Duration.between(activeSince, now));
    }

    /// How long the rest will take, if it goes on as it went so far: empty while nothing is finished, and
    /// when it is not running.
    public Optional<Duration> left(Instant now) {
        if (status != BackfillStatus.RUNNING || totalRuns == null || finishedRuns == 0) {
            return Optional.empty();
        }
        double rest = Math.max(0, totalRuns - finishedRuns);
        return Optional.of(Duration.ofMillis(Math.round(active(now).toMillis() * rest / finishedRuns)));
    }

    /// Empty while nothing is finished.
    public Optional<Double> rowsPerSecond(Instant now) {
        Duration active = active(now);
        return totalRecordsCount == null || finishedRuns == 0 || !active.isPositive()
                ? Optional.empty()
                : Optional.of(totalRecordsCount * 1000.0 / active.toMillis());
    }
}
