package dev.batchexports.server.api;

import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What the installation is made of, as the API shows it.
@Schema(name = "System")
record SystemAnswer(
        @Schema(description = "Of Batch Exports.") String version,
        @Schema(description = "Of this process.") Instant startedAt,

        @Schema(description = "Where Temporal's own UI is; empty when nobody has told.")
        String temporalUiUrl,

        String temporalNamespace,
        List<ComponentAnswer> components,
        List<QueueAnswer> queues) {
    SystemAnswer {
        components = List.copyOf(components);
        queues = List.copyOf(queues);
    }

    @Schema(name = "SystemComponent")
    record ComponentAnswer(
            String name,

            @Schema(description = "Empty when it cannot be told.")
            String version,

            @Schema(allowableValues = {"ok", "unavailable"}) String status,

            @Schema(description = "What is wrong; empty when nothing is.")
            String message) {}

    @Schema(name = "TaskQueue")
    record QueueAnswer(
            String name,

            @Schema(description = "Tasks that wait for a worker, about; null when it cannot be told.") @Nullable
            Long backlog,

            List<WorkerAnswer> workers) {
        QueueAnswer {
            workers = List.copyOf(workers);
        }
    }

    @Schema(name = "Worker")
    record WorkerAnswer(String identity, Instant lastSeenAt) {}
}
