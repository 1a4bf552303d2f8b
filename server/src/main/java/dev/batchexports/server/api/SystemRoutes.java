package dev.batchexports.server.api;

import dev.batchexports.core.error.ExportException;
import dev.batchexports.server.Settings;
import dev.batchexports.server.monitor.MonitorService;
import dev.batchexports.server.security.Scope;
import dev.batchexports.server.workflow.OrchestrationUnavailableException;
import dev.batchexports.server.workflow.QueueStatus;
import dev.batchexports.server.workflow.TaskQueues;
import dev.batchexports.source.clickhouse.ClickHouseSource;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.lang.management.ManagementFactory;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.dao.DataAccessException;
import org.springframework.http.MediaType;
import org.springframework.transaction.TransactionException;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/// What the installation is made of: its components, task queues and workers.
@Tag(name = "System")
@RestController
class SystemRoutes {
    private static final String VERSION = "0.1.0";

    private final MonitorService monitor;
    private final ClickHouseSource source;
    private final ObjectProvider<TaskQueues> queues;
    private final Settings settings;

    SystemRoutes(
            MonitorService monitor, ClickHouseSource source, ObjectProvider<TaskQueues> queues, Settings settings) {
        this.monitor = monitor;
        this.source = source;
        this.queues = queues;
        this.settings = settings;
    }

    @Operation(
            operationId = "getSystem",
            summary = "Components, task queues and workers",
            description = "Asks each component as it is asked.")
    @GetMapping(path = "/api/system", produces = MediaType.APPLICATION_JSON_VALUE)
    @RequiresScope(Scope.READ)
    SystemAnswer system() {
        List<SystemAnswer.ComponentAnswer> components = new ArrayList<>();
        components.add(database());
        components.add(clickHouse());
        List<SystemAnswer.QueueAnswer> served = new ArrayList<>();
        queues.ifAvailable(taskQueues -> components.add(temporal(taskQueues, served)));
        return new SystemAnswer(
                VERSION,
                Instant.ofEpochMilli(ManagementFactory.getRuntimeMXBean().getStartTime()),
                settings.temporal().uiUrl(),
                settings.temporal().namespace(),
                components,
                served);
    }

    private SystemAnswer.ComponentAnswer database() {
        try {
            return healthy("PostgreSQL", monitor.databaseVersion());
        } catch (DataAccessException | TransactionException e) {
            return unavailable("PostgreSQL", "The metadata database does not answer.");
        }
    }

    private SystemAnswer.ComponentAnswer clickHouse() {
        try {
            return healthy("ClickHouse", source.check());
        } catch (ExportException e) {
            return unavailable("ClickHouse", (e.sentence() + " " + e.fix()).strip());
        }
    }

    private static SystemAnswer.ComponentAnswer temporal(TaskQueues queues, List<SystemAnswer.QueueAnswer> served) {
        try {
            String version = queues.temporalVersion();
            for (QueueStatus queue : queues.all()) {
                served.add(new SystemAnswer.QueueAnswer(
                        queue.name(),
                        queue.backlog(),
                        queue.pollers().stream()
                                .map(poller -> new SystemAnswer.WorkerAnswer(poller.identity(), poller.lastSeenAt()))
                                .toList()));
            }
            return healthy("Temporal", version);
        } catch (OrchestrationUnavailableException e) {
            return unavailable("Temporal", "Temporal does not answer: runs go on once it does.");
        }
    }

    private static SystemAnswer.ComponentAnswer healthy(String name, String version) {
        return new SystemAnswer.ComponentAnswer(name, version, "ok", "");
    }

    private static SystemAnswer.ComponentAnswer unavailable(String name, String message) {
        return new SystemAnswer.ComponentAnswer(name, "", "unavailable", message);
    }
}
