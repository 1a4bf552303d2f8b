package dev.batchexports.server.api;

import dev.batchexports.server.exports.ScheduledInterval;
import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Instant;

/// An interval that the schedule is going to export, as the API shows it.
@Schema(name = "ScheduledInterval")
record ScheduledIntervalAnswer(
        Instant dataIntervalStart,
        Instant dataIntervalEnd,

        @Schema(description = "When its run begins; it then waits its settle delay.")
        Instant scheduledAt) {
    static ScheduledIntervalAnswer of(ScheduledInterval upcoming) {
        return new ScheduledIntervalAnswer(
                upcoming.interval().start(), upcoming.interval().end(), upcoming.scheduledAt());
    }
}
