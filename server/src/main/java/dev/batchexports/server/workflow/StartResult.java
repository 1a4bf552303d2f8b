package dev.batchexports.server.workflow;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Whether there is something to export.
///
/// @param ticket null when there is nothing to do
/// @param skipped why there is nothing to do; empty otherwise
public record StartResult(@Nullable RunTicket ticket, String skipped) {
    /// What a workflow needs to execute a run; nothing of it is secret.
    ///
    /// @param taskQueue whose workers have the destination's driver
    /// @param settledAt when the rows of the interval are expected to be visible
    /// @param givesUpAt until when failed attempts are followed by others
    /// @param slicesAtOnce how many slices are transferred at once
    public record RunTicket(UUID runId, String taskQueue, Instant settledAt, Instant givesUpAt, int slicesAtOnce) {}

    static StartResult of(RunTicket ticket) {
        return new StartResult(ticket, "");
    }

    static StartResult skip(String reason) {
        return new StartResult(null, reason);
    }
}
