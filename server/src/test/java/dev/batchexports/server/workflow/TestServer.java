package dev.batchexports.server.workflow;

import com.zaxxer.hikari.HikariDataSource;
import dev.batchexports.core.destination.DestinationType;
import dev.batchexports.core.interval.Frequency;
import dev.batchexports.core.interval.IntervalGrid;
import dev.batchexports.core.model.Model;
import dev.batchexports.core.run.RunStatus;
import dev.batchexports.core.run.RunTrigger;
import dev.batchexports.core.source.Source;
import dev.batchexports.destination.s3.S3DestinationType;
import dev.batchexports.embedded.Connections;
import dev.batchexports.server.Settings;
import dev.batchexports.server.backfills.Backfill;
import dev.batchexports.server.backfills.BackfillEndings;
import dev.batchexports.server.backfills.BackfillRunStore;
import dev.batchexports.server.backfills.BackfillScope;
import dev.batchexports.server.backfills.BackfillStore;
import dev.batchexports.server.exports.BatchExport;
import dev.batchexports.server.exports.DestinationCatalog;
import dev.batchexports.server.exports.DestinationSettings;
import dev.batchexports.server.exports.ExportHealthStore;
import dev.batchexports.server.exports.ExportStore;
import dev.batchexports.server.exports.LateRows;
import dev.batchexports.server.exports.RerunMode;
import dev.batchexports.server.notify.NotifyConfiguration;
import dev.batchexports.server.notify.NotifySettings;
import dev.batchexports.server.notify.Outbox;
import dev.batchexports.server.runs.LogLine;
import dev.batchexports.server.runs.LogStore;
import dev.batchexports.server.runs.NewRun;
import dev.batchexports.server.runs.Run;
import dev.batchexports.server.runs.RunFilter;
import dev.batchexports.server.runs.RunStore;
import dev.batchexports.server.security.EndpointGuard;
import dev.batchexports.server.security.Keyring;
import dev.batchexports.source.clickhouse.GzipBy;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.temporal.api.common.v1.WorkflowExecution;
import io.temporal.api.enums.v1.PendingActivityState;
import io.temporal.api.workflowservice.v1.DescribeWorkflowExecutionRequest;
import io.temporal.client.schedules.ScheduleDescription;
import io.temporal.client.schedules.ScheduleState;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.function.UnaryOperator;
import javax.sql.DataSource;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.annotation.EnableTransactionManagement;

/// A process of the server, without its API: workers, reconciler, or both, as its role says.
final class TestServer implements AutoCloseable {
    /// Fixed, so that recorded histories can be read.
    static final String KEY =
            Base64.getEncoder().encodeToString("test-key-of-the-workflow-tests!!".getBytes(StandardCharsets.US_ASCII));

    final Components components = Components.get();
    final MemoryDestination memory;
    final ExportStore exports;
    final RunStore runs;
    final BackfillStore backfills;
    final LogStore logs;
    final Orchestration orchestration;
    final TemporalConnection temporal;
    final DestinationCatalog catalog;
    final TaskQueues taskQueues;

    private final AnnotationConfigApplicationContext context;

    /// Both roles in one process, with slices of the given size.
    static TestServer start(MemoryDestination memory, long sliceBytes) {
        return start(memory, settings(Settings.Role.ALL, sliceBytes, KEY));
    }

    static TestServer start(MemoryDestination memory, Settings settings) {
        return start(memory, settings, Components.get().openSource(), Clock.systemUTC());
    }

    /// @param source what it exports from
    /// @param clock what it takes for the time
    static TestServer start(MemoryDestination memory, Settings settings, Source source, Clock clock) {
        return new TestServer(memory, settings, source, clock);
    }

    private TestServer(MemoryDestination memory, Settings settings, Source source, Clock clock) {
        this.memory = memory;
        context = new AnnotationConfigApplicationContext();
        context.registerBean(Settings.class, () -> settings);
        context.registerBean(
                Keyring.class, () -> Keyring.parse(settings.encryption().keys()));
        context.registerBean(MemoryDestination.class, () -> memory);
        context.registerBean(Source.class, () -> source);
        context.registerBean(Clock.class, () -> clock);
        context.register(Infrastructure.class, WorkflowConfiguration.class, NotifyConfiguration.class);
        context.refresh();
        exports = context.getBean(ExportStore.class);
        runs = context.getBean(RunStore.class);
        backfills = context.getBean(BackfillStore.class);
        logs = context.getBean(LogStore.class);
        orchestration = context.getBean(Orchestration.class);
        temporal = context.getBean(TemporalConnection.class);
        catalog = context.getBean(DestinationCatalog.class);
        taskQueues = context.getBean(TaskQueues.class);
    }

    <T> T bean(Class<T> type) {
        return context.getBean(type);
    }

    static Settings settings(Settings.Role role, long sliceBytes, String keys) {
        Connections connections = Components.get().connections;
        return new Settings(
                role,
                new Settings.Temporal(connections.temporalAddress(), "default", "", false, ""),
                new Settings.Clickhouse(
                        connections.clickhouseUrl(),
                        connections.clickhouseUser(),
                        connections.clickhousePassword(),
                        connections.clickhouseDatabase(),
                        0,
                        0,
                        0,
                        GzipBy.WORKER,
                        64,
                        Duration.ofSeconds(10),
                        Duration.ofMinutes(5),
                        Map.of(),
                        "",
                        "",
                        ""),
                new Settings.Encryption(keys),
                new Settings.Worker(4, 3, sliceBytes, 64 << 20, 32 << 20, 128 << 20),
                new Settings.Limits(true, true, false),
                new Settings.Reconciliation(
                        List.of(Duration.ofSeconds(2), Duration.ofSeconds(2), Duration.ofSeconds(60))),
                new Settings.Logs(Duration.ofDays(30)),
                new Settings.Metrics("127.0.0.1", 0),
                new Settings.Testing(List.of(), "", ""));
    }

    /// An hourly export of the events of a project to memory; its first interval is the one that is
    /// under way.
    BatchExport memoryExport(long project) {
        return export(project, new DestinationSettings(MemoryDestination.TYPE, Map.of("place", "shelf"), ""));
    }

    BatchExport s3Export(long project, String prefix) {
        return s3Export(project, prefix, "JSONLines", "none");
    }

    BatchExport s3Export(long project, String prefix, String format, String compression) {
        Connections connections = components.connections;
        UUID id = UUID.randomUUID();
        DestinationSettings destination = catalog.seal(
                id,
                catalog.type("S3"),
                Map.of(
                        "bucket_name",
                        connections.s3Bucket(),
                        "region",
                        connections.s3Region(),
                        "prefix",
                        prefix,
                        "endpoint_url",
                        connections.s3Endpoint(),
                        "aws_access_key_id",
                        connections.s3AccessKeyId(),
                        "aws_secret_access_key",
                        connections.s3SecretAccessKey(),
                        "file_format",
                        format,
                        "compression",
                        compression));
        return export(id, project, destination);
    }

    BatchExport export(long project, DestinationSettings destination) {
        return export(UUID.randomUUID(), project, destination);
    }

    private static BatchExport export(UUID id, long project, DestinationSettings destination) {
        Instant now = now();
        return new BatchExport(
                id,
                project,
                "test",
                Model.events(),
                destination,
                IntervalGrid.of(new Frequency.Hour()),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                false,
                null,
                null,
                null,
                RerunMode.APPEND,
                LateRows.REPORT,
                Duration.ZERO,
                Duration.ofHours(24),
                10,
                1,
                0,
                now,
                now,
                null,
                null);
    }

    static Instant now() {
        return Instant.now().truncatedTo(ChronoUnit.MICROS);
    }

    /// Stores an export and returns it.
    BatchExport stored(BatchExport export) {
        exports.insert(export);
        return exports.find(export.id()).orElseThrow();
    }

    /// Changes an export.
    BatchExport changed(BatchExport export, UnaryOperator<BatchExport> change) {
        return exports.update(change.apply(exports.find(export.id()).orElseThrow()))
                .orElseThrow();
    }

    ScheduleDescription schedule(BatchExport export) {
        return temporal.schedules().getHandle(export.id().toString()).describe();
    }

    ScheduleState scheduleState(BatchExport export) {
        return Objects.requireNonNull(schedule(export).getSchedule().getState());
    }

    /// Exports the interval that ends at a boundary, by a run that somebody asked for.
    Run startRun(BatchExport export, Instant boundary) {
        Run run = runs.create(
                new NewRun(
                        UUID.randomUUID(),
                        export.id(),
                        null,
                        null,
                        RunTrigger.RETRY,
                        export.intervalScheduledAt(boundary).orElseThrow(),
                        boundary,
                        export.version(),
                        export.workflowId(boundary),
                        null),
                now());
        orchestration.startRun(export, run);
        return run;
    }

    /// Whether an activity of the run's workflow lies in a queue, because all workers are busy.
    boolean waitsForSlot(Run run) {
        return temporal
                .call(stub -> stub.describeWorkflowExecution(DescribeWorkflowExecutionRequest.newBuilder()
                        .setNamespace("default")
                        .setExecution(WorkflowExecution.newBuilder().setWorkflowId(run.workflowId()))
                        .build()))
                .getPendingActivitiesList()
                .stream()
                .anyMatch(activity -> activity.getState() == PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED);
    }

    Run awaitRun(UUID id, RunStatus status, Duration within) {
        Awaitility.await("run " + id + " to be " + status)
                .atMost(within)
                .until(() -> runs.find(id).orElseThrow().status() == status);
        return runs.find(id).orElseThrow();
    }

    Run awaitEnd(UUID id, Duration within) {
        Awaitility.await("run " + id + " to end")
                .atMost(within)
                .until(() -> runs.find(id).orElseThrow().status().isFinished());
        return runs.find(id).orElseThrow();
    }

    /// All runs of an export, newest interval first.
    List<Run> runsOf(BatchExport export) {
        return runs.list(export.id(), RunFilter.all(), null, 1000);
    }

    Backfill startBackfill(
            BatchExport export, @Nullable Instant start, Instant end, BackfillScope scope, int concurrency) {
        Backfill backfill = insertBackfill(export, start, end, scope, concurrency);
        orchestration.startBackfill(export, backfill);
        return backfill;
    }

    /// A backfill whose workflow does not exist yet.
    Backfill insertBackfill(
            BatchExport export, @Nullable Instant start, Instant end, BackfillScope scope, int concurrency) {
        Backfill backfill =
                Backfill.starting(UUID.randomUUID(), export.id(), start, end, scope, concurrency, null, null, now());
        backfills.insert(backfill);
        return backfill;
    }

    Backfill awaitEnd(Backfill backfill, Duration within) {
        Awaitility.await("backfill to end")
                .atMost(within)
                .until(() ->
                        backfills.find(backfill.id()).orElseThrow().status().isFinished());
        return backfills.find(backfill.id()).orElseThrow();
    }

    /// The log of an export, oldest line first.
    List<String> logOf(BatchExport export) {
        return logs
                .list(new LogStore.Query(export.id(), null, List.of(), null, null, null, null, 1000))
                .reversed()
                .stream()
                .map(TestServer::text)
                .toList();
    }

    private static String text(LogLine line) {
        return line.level() + " " + line.stage() + ": " + line.message();
    }

    @Override
    public void close() {
        context.close();
    }

    /// Lets a test come between the end of a small run and the news of it.
    private record ObservedActivities(StageActivities stages, MemoryDestination memory) implements StageActivities {
        @Override
        public ExportProgress export(UUID runId) {
            ExportProgress progress = stages.export(runId);
            memory.behaviour().exported(runId);
            return progress;
        }

        @Override
        public int plan(UUID runId) {
            return stages.plan(runId);
        }

        @Override
        public void transfer(UUID runId, SliceRange range) {
            stages.transfer(runId, range);
        }

        @Override
        public List<Integer> commit(UUID runId) {
            return stages.commit(runId);
        }

        @Override
        public void verify(UUID runId) {
            stages.verify(runId);
        }

        @Override
        public void abort(UUID runId) {
            stages.abort(runId);
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableTransactionManagement(proxyTargetClass = true)
    static class Infrastructure {
        @Bean
        static BeanPostProcessor observedActivities(MemoryDestination memory) {
            return new BeanPostProcessor() {
                @Override
                public Object postProcessAfterInitialization(Object bean, String name) {
                    return bean instanceof StageActivities stages ? new ObservedActivities(stages, memory) : bean;
                }
            };
        }

        @Bean
        MeterRegistry meterRegistry() {
            return new SimpleMeterRegistry();
        }

        @Bean(destroyMethod = "close")
        HikariDataSource dataSource() {
            Connections connections = Components.get().connections;
            HikariDataSource pool = new HikariDataSource();
            pool.setJdbcUrl(connections.databaseUrl());
            pool.setUsername(connections.databaseUser());
            pool.setPassword(connections.databasePassword());
            pool.setMaximumPoolSize(10);
            pool.setMinimumIdle(1);
            return pool;
        }

        @Bean
        PlatformTransactionManager transactionManager(DataSource database) {
            return new DataSourceTransactionManager(database);
        }

        @Bean
        JdbcClient jdbcClient(DataSource database) {
            return JdbcClient.create(database);
        }

        @Bean
        ExportStore exportStore(JdbcClient jdbc) {
            return new ExportStore(jdbc);
        }

        @Bean
        RunStore runStore(JdbcClient jdbc) {
            return new RunStore(jdbc);
        }

        @Bean
        BackfillStore backfillStore(JdbcClient jdbc) {
            return new BackfillStore(jdbc);
        }

        @Bean
        BackfillRunStore backfillRunStore(JdbcClient jdbc, BackfillStore backfills) {
            return new BackfillRunStore(jdbc, backfills);
        }

        @Bean
        BackfillEndings backfillEndings(BackfillStore backfills, ExportStore exports, Outbox outbox) {
            return new BackfillEndings(backfills, exports, outbox);
        }

        @Bean
        ExportHealthStore exportHealthStore(JdbcClient jdbc) {
            return new ExportHealthStore(jdbc);
        }

        @Bean
        EndpointGuard endpointGuard(Settings settings) {
            return new EndpointGuard(settings);
        }

        @Bean
        NotifySettings notifySettings() {
            return new NotifySettings(
                    Duration.ofMillis(100),
                    Duration.ofSeconds(5),
                    Duration.ofMillis(200),
                    Duration.ofHours(24),
                    Duration.ofDays(30));
        }

        @Bean
        LogStore logStore(JdbcClient jdbc) {
            return new LogStore(jdbc);
        }

        @Bean
        DestinationCatalog destinationCatalog(Keyring keyring, Settings settings, MemoryDestination memory) {
            return new DestinationCatalog(
                    keyring, new EndpointGuard(settings), List.<DestinationType<?>>of(new S3DestinationType(), memory));
        }
    }
}
