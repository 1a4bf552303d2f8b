package dev.batchexports.server.workflow;

import dev.batchexports.core.destination.DestinationType;
import dev.batchexports.server.exports.DestinationCatalog;
import io.temporal.api.enums.v1.TaskQueueType;
import io.temporal.api.taskqueue.v1.TaskQueue;
import io.temporal.api.workflowservice.v1.DescribeTaskQueueRequest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

/// The task queues that workers have to serve: one for control, and one for each destination type, so
/// that a destination with heavy drivers can have workers of its own.
public final class TaskQueues {
    /// Workflows, and the short activities that only touch the database.
    static final String CONTROL = "batch-exports";

    /// A poll lasts a minute at most, so a worker that has not polled for longer than this is gone.
    private static final Duration LAST_SIGN_OF_LIFE = Duration.ofSeconds(90);

    private final TemporalConnection temporal;
    private final DestinationCatalog catalog;
    private final InstantSource clock;

    TaskQueues(TemporalConnection temporal, DestinationCatalog catalog, InstantSource clock) {
        this.temporal = temporal;
        this.catalog = catalog;
        this.clock = clock;
    }

    /// The queue of the activities that need a destination's driver.
    static String of(DestinationType<?> type) {
        return CONTROL + "-" + type.workflowType();
    }

    /// The queues that no worker asks for work: what is put there stays there.
    ///
    /// @throws OrchestrationUnavailableException when Temporal cannot be asked
    public List<String> withoutPollers() {
        List<String> without = new ArrayList<>();
        if (!isPolled(CONTROL, TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW)
                || !isPolled(CONTROL, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY)) {
            without.add(CONTROL);
        }
        for (DestinationType<?> type : catalog.types()) {
            String queue = of(type);
            if (!isPolled(queue, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY)) {
                without.add(queue);
            }
        }
        return without;
    }

    private boolean isPolled(String queue, TaskQueueType type) {
        Instant alive = clock.instant().minus(LAST_SIGN_OF_LIFE);
        return temporal
                .call(stub -> stub.describeTaskQueue(DescribeTaskQueueRequest.newBuilder()
                        .setNamespace(temporal.namespace())
                        .setTaskQueue(TaskQueue.newBuilder().setName(queue))
                        .setTaskQueueType(type)
                        .build()))
                .getPollersList()
                .stream()
                .anyMatch(poller ->
                        TemporalConnection.instant(poller.getLastAccessTime()).isAfter(alive));
    }
}
