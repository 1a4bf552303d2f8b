package dev.batchexports.server.api;

import dev.batchexports.server.monitor.SliceProgress;
import dev.batchexports.server.monitor.StageAttempt;
import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a run did when, as the API shows it.
@Schema(name = "Timeline", description = "The attempts of a run by stage and slice, and how far each slice is.")
record TimelineAnswer(List<AttemptAnswer> attempts, List<SliceAnswer> slices) {
    TimelineAnswer {
        attempts = List.copyOf(attempts);
        slices = List.copyOf(slices);
    }

    @Schema(name = "StageAttempt")
    record AttemptAnswer(
            @Schema(example = "transfer") String stage,

            @Schema(description = "From 1; null for a stage without slices.") @Nullable
            Integer slice,

            @Schema(description = "From 1.") int number,
            Instant startedAt,
            @Nullable Instant finishedAt,
            RunAnswer.@Nullable ErrorAnswer error) {
        static AttemptAnswer of(StageAttempt attempt) {
            return new AttemptAnswer(
                    attempt.stage(),
                    attempt.slice(),
                    attempt.number(),
                    attempt.startedAt(),
                    attempt.finishedAt(),
                    RunAnswer.ErrorAnswer.of(attempt.error()));
        }
    }

    @Schema(name = "SliceProgress")
    record SliceAnswer(
            @Schema(description = "From 1.") int number,
            @Schema(description = "As planned.") long rows,

            @Schema(description = "As planned, before encoding.")
            long bytes,

            @Schema(description = "Encoded bytes that the destination has taken.")
            long bytesDone,

            boolean transferred) {
        static SliceAnswer of(SliceProgress slice) {
            return new SliceAnswer(
                    slice.number(),
                    slice.rows(),
                    slice.bytes(),
                    slice.bytesDone(),
                    slice.state() == SliceProgress.State.TRANSFERRED);
        }
    }
}
