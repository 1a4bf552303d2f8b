package dev.batchexports.server.health;

import dev.batchexports.core.error.ExportException;
import dev.batchexports.server.Settings;
import dev.batchexports.server.workflow.OrchestrationUnavailableException;
import dev.batchexports.server.workflow.TaskQueues;
import dev.batchexports.source.clickhouse.ClickHouseSource;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnNotWebApplication;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;

/// What every process asks to know whether it is ready, and the port on which a worker tells it.
@Configuration(proxyBeanMethods = false)
public class HealthConfiguration {
    @Bean(destroyMethod = "close")
    Readiness readiness(JdbcClient jdbc, ClickHouseSource source, ObjectProvider<TaskQueues> queues, Clock clock) {
        List<DependencyCheck> checks = new ArrayList<>();
        checks.add(new DependencyCheck("database", () -> {
            jdbc.sql("select 1").query(Integer.class).single();
            return Optional.empty();
        }));
        checks.add(new DependencyCheck("clickhouse", () -> {
            try {
                source.check();
                return Optional.empty();
            } catch (ExportException e) {
                return Optional.of(e.sentence());
            }
        }));
        queues.ifAvailable(taskQueues -> {
            checks.add(new DependencyCheck("temporal", () -> temporalProblem(taskQueues)));
            checks.add(new DependencyCheck("workers", () -> workerProblem(taskQueues)));
        });
        return new Readiness(checks, clock);
    }

    private static Optional<String> temporalProblem(TaskQueues queues) {
        queues.withoutPollers();
        return Optional.empty();
    }

    private static Optional<String> workerProblem(TaskQueues queues) {
        try {
            List<String> idle = queues.withoutPollers();
            return idle.isEmpty()
                    ? Optional.empty()
                    : Optional.of("no worker serves the task queues " + String.join(", ", idle));
        } catch (OrchestrationUnavailableException e) {
            return Optional.of("cannot be seen while Temporal does not answer");
        }
    }

    /// The server tells the same at its own port.
    @Bean
    @ConditionalOnNotWebApplication
    @ConditionalOnProperty("bx.metrics.port")
    WorkerPort workerPort(Settings settings, Readiness readiness, PrometheusMeterRegistry metrics) {
        return new WorkerPort(settings.metrics(), readiness, metrics);
    }
}
