package dev.batchexports.server.workflow;

import dev.batchexports.core.destination.DestinationType;
import dev.batchexports.server.Settings;
import dev.batchexports.server.exports.DestinationCatalog;
import dev.batchexports.server.runs.RunStore;
import io.temporal.worker.Worker;
import io.temporal.worker.WorkerFactory;
import io.temporal.worker.WorkerFactoryOptions;
import io.temporal.worker.WorkerOptions;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/// The workers of this process: one that executes workflows and short activities, and one for each
/// destination type.
///
/// A process that is told to stop interrupts its activities at once; they report that they were stopped,
/// and Temporal gives them to other workers a second later. Nothing is waited for, because every stage
/// can be repeated.
final class Workers implements SmartLifecycle {
    private static final int CONTROL_ACTIVITIES = 100;
    private static final Duration BEFORE_NEXT_TRY = Duration.ofSeconds(2);
    private static final Duration GOODBYE = Duration.ofSeconds(8);
    private static final Logger LOG = LoggerFactory.getLogger(Workers.class);

    private final RunStore runs;
    private final WorkerFactory factory;
    private final Settings.Role role;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private volatile boolean running;

    Workers(
            RunStore runs,
            TemporalConnection temporal,
            DestinationCatalog catalog,
            RunActivities runActivities,
            StageActivities stageActivities,
            BackfillActivities backfillActivities,
            Settings settings) {
        this.runs = runs;
        this.role = settings.role();
        this.factory = WorkerFactory.newInstance(
                temporal.workerClient(),
                WorkerFactoryOptions.newBuilder()
                        .setUsingVirtualWorkflowThreads(true)
                        .build());
        Worker control = factory.newWorker(TaskQueues.CONTROL, options(CONTROL_ACTIVITIES));
        control.registerWorkflowImplementationTypes(ExportWorkflow.class, BackfillWorkflowImplementation.class);
        control.registerActivitiesImplementations(runActivities, backfillActivities);
        for (DestinationType<?> type : catalog.types()) {
            factory.newWorker(TaskQueues.of(type), options(settings.worker().concurrentSlices()))
                    .registerActivitiesImplementations(stageActivities);
        }
    }

    private static WorkerOptions options(int concurrentActivities) {
        return WorkerOptions.newBuilder()
                .setUsingVirtualThreads(true)
                .setMaxConcurrentActivityExecutionSize(concurrentActivities)
                // Otherwise heartbeats are held back for most of their timeout, and with them the news
                // that a run was cancelled.
                .setMaxHeartbeatThrottleInterval(Heartbeats.INTERVAL)
                .build();
    }

    @Override
    public boolean isAutoStartup() {
        return role != Settings.Role.API;
    }

    /// Starts to ask for work as soon as Temporal can be reached. A worker may be the first to create a run after
    /// the database was restored.
    @Override
    public void start() {
        running = true;
        Thread.ofVirtual().name("start-workers").start(this::startWhenTemporalAnswers);
    }

    private void startWhenTemporalAnswers() {
        try {
            boolean waiting = false;
            do {
                try {
                    runs.raiseGenerations();
                    factory.start();
                    LOG.info("Workers ask for work");
                    return;
                } catch (RuntimeException e) {
                    if (!waiting) {
                        LOG.warn(
                                "Workers start as soon as the database and Temporal can be reached: {}",
                                e.getMessage());
                        waiting = true;
                    }
                }
            } while (!stopped.await(BEFORE_NEXT_TRY.toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void stop() {
        running = false;
        stopped.countDown();
        factory.shutdownNow();
        factory.awaitTermination(GOODBYE.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public boolean isRunning() {
        return running;
    }
}
