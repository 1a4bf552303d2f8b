package dev.batchexports.server.api;

import dev.batchexports.core.destination.TestStep;
import io.swagger.v3.oas.annotations.media.Schema;
import java.util.List;

/// The outcome of a connection test, as the API shows it.
@Schema(name = "ConnectionTest")
record TestAnswer(List<StepAnswer> steps) {
    TestAnswer {
        steps = List.copyOf(steps);
    }

    @Schema(name = "TestStep")
    record StepAnswer(
            @Schema(description = "Short and stable.", example = "write")
            String name,

            String description,

            @Schema(allowableValues = {"Passed", "Failed", "Skipped"})
            String status,

            @Schema(description = "What went wrong; empty otherwise.")
            String message,

            @Schema(description = "What to grant or change; empty when there is nothing.")
            String fix) {
        static StepAnswer of(TestStep step) {
            return new StepAnswer(step.name(), step.description(), step.status().word(), step.message(), step.fix());
        }
    }

    static TestAnswer of(List<TestStep> steps) {
        return new TestAnswer(steps.stream().map(StepAnswer::of).toList());
    }
}
