package dev.batchexports.server.api;

import dev.batchexports.server.health.Readiness;
import io.swagger.v3.oas.annotations.media.Schema;
import java.util.LinkedHashMap;
import java.util.Map;

/// Whether the server can do its work, as the API shows it.
@Schema(name = "Health")
record HealthAnswer(
        @Schema(allowableValues = {"ok", "unavailable"}) String status,

        @Schema(description = "What the server needs: database, temporal, clickhouse, workers.")
        Map<String, DependencyAnswer> dependencies) {

    static final String OK = "ok";
    static final String UNAVAILABLE = "unavailable";

    /// @param message what is wrong; empty when nothing is
    @Schema(name = "DependencyHealth")
    record DependencyAnswer(
            @Schema(allowableValues = {"ok", "unavailable"}) String status,

            @Schema(description = "What is wrong; empty when nothing is.")
            String message) {}

    static HealthAnswer of(Readiness.Outcome outcome) {
        Map<String, DependencyAnswer> dependencies = new LinkedHashMap<>();
        outcome.problems()
                .forEach((name, problem) -> dependencies.put(
                        name, new DependencyAnswer(problem.isEmpty() ? OK : UNAVAILABLE, problem.orElse(""))));
        return new HealthAnswer(outcome.isReady() ? OK : UNAVAILABLE, dependencies);
    }
}
