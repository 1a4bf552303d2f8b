package dev.batchexports.server.workflow;

import java.time.Instant;
import java.util.List;

/// Who serves a task queue and what waits in it.
///
/// @param backlog about how many tasks wait for a worker
public record QueueStatus(String name, long backlog, List<Poller> pollers) {
    public QueueStatus {
        pollers = List.copyOf(pollers);
    }

    /// A worker that asks for tasks.
    public record Poller(String identity, Instant lastSeenAt) {}
}
