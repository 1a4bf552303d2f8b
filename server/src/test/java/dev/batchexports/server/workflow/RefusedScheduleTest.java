package dev.batchexports.server.workflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.batchexports.server.Settings;
import dev.batchexports.server.backfills.BackfillEndings;
import dev.batchexports.server.backfills.BackfillRunStore;
import dev.batchexports.server.exports.BatchExport;
import dev.batchexports.server.notify.Outbox;
import dev.batchexports.server.runs.RunStarter;
import dev.batchexports.server.security.KeyRotation;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/// A schedule that Temporal cannot carry out answers like a Temporal that is away, but only for itself.
@TestInstance(Lifecycle.PER_CLASS)
class RefusedScheduleTest {
    private final TestServer server = TestServer.start(
            new MemoryDestination(), TestServer.settings(Settings.Role.WORKER, Long.MAX_VALUE, TestServer.KEY));

    @AfterAll
    void stop() {
        server.close();
    }

    /// The real Temporal, but some schedules are refused.
    private Reconciler reconciler(Predicate<UUID> refused) {
        Orchestration orchestration = (Orchestration) Proxy.newProxyInstance(
                Orchestration.class.getClassLoader(),
                new Class<?>[] {Orchestration.class},
                (proxy, method, arguments) -> {
                    if (method.getName().equals("applySchedule")
                            && arguments[0] instanceof BatchExport export
                            && refused.test(export.id())) {
                        throw new OrchestrationUnavailableException(new IllegalStateException("refused by a test"));
                    }
                    try {
                        return method.invoke(server.orchestration, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
        Clock clock = Clock.systemUTC();
        return new Reconciler(
                server.exports,
                server.runs,
                server.backfills,
                server.bean(BackfillRunStore.class),
                server.bean(BackfillEndings.class),
                server.logs,
                orchestration,
                server.bean(RunLifecycle.class),
                server.bean(RunLog.class),
                new WorkflowInspector(server.temporal),
                new Filler(
                        server.exports,
                        server.runs,
                        server.backfills,
                        new RunStarter(server.runs, orchestration, clock),
                        new WorkflowInspector(server.temporal),
                        server.bean(Outbox.class),
                        server.bean(RunLog.class),
                        clock),
                server.temporal,
                server.bean(KeyRotation.class),
                Duration.ofDays(30),
                clock);
    }

    /// @param number exports are taken in its order
    private BatchExport stored(long number) {
        return server.stored(
                Exports.with("id", new UUID(0, number)).apply(server.memoryExport(server.components.newProject())));
    }

    private boolean isApplied(BatchExport export) {
        return server.exports.find(export.id()).orElseThrow().scheduleVersion() == export.version();
    }

    @Test
    void theOthersAreMadeToMatchAllTheSame() {
        BatchExport first = stored(1);
        BatchExport second = stored(2);
        BatchExport fine = stored(3);

        Reconciler reconciler = reconciler(id -> id.equals(first.id()) || id.equals(second.id()));
        reconciler.reconcile();

        assertThat(isApplied(fine)).isTrue();
        assertThat(isApplied(first)).isFalse();
        assertThat(server.scheduleState(fine).isPaused()).isFalse();

        BatchExport third = stored(4);
        assertThatThrownBy(() -> reconciler(id -> true).reconcile())
                .isInstanceOf(OrchestrationUnavailableException.class);
        assertThat(isApplied(third)).isFalse();
        for (BatchExport export : List.of(first, second, fine, third)) {
            server.exports.delete(export.id(), TestServer.now());
            server.orchestration.applySchedule(server.exports.find(export.id()).orElseThrow());
        }
    }
}
