package dev.batchexports.server.api;

import dev.batchexports.server.runs.ExpectedInterval;
import io.swagger.v3.oas.annotations.media.Schema;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The expected intervals of a range as the API shows them.
///
/// @param results oldest first
@Schema(name = "Intervals")
record IntervalsAnswer(
        List<IntervalAnswer> results,

        @Schema(description = "How much of what was to be exported by now is at the destination.")
        CoverageAnswer coverage) {
    IntervalsAnswer {
        results = List.copyOf(results);
    }

    @Schema(name = "Coverage")
    record CoverageAnswer(
            @Schema(description = "Intervals that were to be exported by now; skipped ones do not count.")
            long expected,

            @Schema(description = "Those of them that are completed.")
            long covered,

            @Schema(description = "covered / expected; null when nothing was expected.") @Nullable
            Double fraction) {}

    static IntervalsAnswer of(List<ExpectedInterval> intervals) {
        long expected = intervals.stream()
                .filter(interval -> interval.state().isExpected())
                .count();
        long covered = intervals.stream()
                .filter(interval -> interval.state().isCovered())
                .count();
        return new IntervalsAnswer(
                intervals.stream().map(IntervalAnswer::of).toList(),
                new CoverageAnswer(expected, covered, expected == 0 ? null : (double) covered / expected));
    }
}
