package dev.batchexports.server.workflow;

import dev.batchexports.core.destination.DestinationType;
import dev.batchexports.server.exports.DestinationCatalog;
import io.temporal.api.enums.v1.TaskQueueType;
import io.temporal.api.taskqueue.v1.TaskQueue;
import io.temporal.api.workflowservice.v1.DescribeTaskQueueRequest;
import io.temporal.api.workflowservice.v1.DescribeTaskQueueResponse;
import io.temporal.api.workflowservice.v1.GetSystemInfoRequest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

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

    /// Every queue, with its workers that were seen lately.
    ///
    /// @throws OrchestrationUnavailableException when Temporal cannot be asked
    public List<QueueStatus> all() {
        List<QueueStatus> all = new ArrayList<>();
        all.add(status(
                CONTROL, List.of(TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY)));
        for (DestinationType<?> type : catalog.types()) {
            all.add(status(of(type), List.of(TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY)));
        }
        return all;
    }

    /// The version of the Temporal server.
    ///
    /// @throws OrchestrationUnavailableException when Temporal cannot be asked
    public String temporalVersion() {
        return temporal.call(stub -> stub.getSystemInfo(GetSystemInfoRequest.getDefaultInstance()))
                .getServerVersion();
    }

    private QueueStatus status(String queue, List<TaskQueueType> types) {
        Instant alive = clock.instant().minus(LAST_SIGN_OF_LIFE);
        long backlog = 0;
        Map<String, Instant> workers = new TreeMap<>();
        for (TaskQueueType type : types) {
            DescribeTaskQueueResponse answer = temporal.call(stub -> stub.describeTaskQueue(
                    request(queue, type).setReportStats(true).build()));
            backlog += answer.getStats().getApproximateBacklogCount();
            answer.getPollersList().forEach(poller -> {
                Instant seen = TemporalConnection.instant(poller.getLastAccessTime());
                if (seen.isAfter(alive)) {
                    workers.merge(poller.getIdentity(), seen, (one, other) -> one.isAfter(other) ? one : other);
                }
            });
        }
        return new QueueStatus(
                queue,
                backlog,
                workers.entrySet().stream()
                        .map(worker -> new QueueStatus.Poller(worker.getKey(), worker.getValue()))
                        .toList());
    }

    private DescribeTaskQueueRequest.Builder request(String queue, TaskQueueType type) {
        return DescribeTaskQueueRequest.newBuilder()
                .setNamespace(temporal.namespace())
                .setTaskQueue(TaskQueue.newBuilder().setName(queue))
                .setTaskQueueType(type);
    }

    private boolean isPolled(String queue, TaskQueueType type) {
        Instant alive = clock.instant().minus(LAST_SIGN_OF_LIFE);
        return temporal.call(stub -> stub.describeTaskQueue(request(queue, type).build())).getPollersList().stream()
                .anyMatch(poller ->
                        TemporalConnection.instant(poller.getLastAccessTime()).isAfter(alive));
    }
}
