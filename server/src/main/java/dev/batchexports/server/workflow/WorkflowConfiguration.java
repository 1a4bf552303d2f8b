package dev.batchexports.server.workflow;

import dev.batchexports.core.source.Source;
import dev.batchexports.server.Settings;
import dev.batchexports.server.backfills.BackfillEndings;
import dev.batchexports.server.backfills.BackfillRunStore;
import dev.batchexports.server.backfills.BackfillStore;
import dev.batchexports.server.exports.DestinationCatalog;
import dev.batchexports.server.exports.DestinationSecrets;
import dev.batchexports.server.exports.ExportHealthStore;
import dev.batchexports.server.exports.ExportStore;
import dev.batchexports.server.notify.Outbox;
import dev.batchexports.server.runs.LogStore;
import dev.batchexports.server.runs.RunStarter;
import dev.batchexports.server.runs.RunStore;
import dev.batchexports.server.security.KeyRotation;
import dev.batchexports.server.security.Keyring;
import dev.batchexports.server.security.SealedSecrets;
import dev.batchexports.server.store.Leadership;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import javax.sql.DataSource;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/// Wires everything Temporal. Which parts begin to work depends on the process's role: [Workers] and
/// [ReconcilerLoop] look at it themselves.
@Configuration(proxyBeanMethods = false)
class WorkflowConfiguration {
    private static final Duration RECONCILER_INTERVAL = Duration.ofSeconds(5);

    /// Stands for the reconciler among PostgreSQL's advisory locks.
    private static final long RECONCILER_LOCK = 0x62785265636f6e63L;

    /// Late rows are looked for as often as the shortest time after which they are to be found, within these.
    private static final Duration LATE_ROWS_SOONEST = Duration.ofSeconds(1);

    private static final Duration LATE_ROWS_LATEST = Duration.ofSeconds(30);
    private static final long LATE_ROWS_LOCK = 0x62784c617465526fL;

    private final Clock clock;

    WorkflowConfiguration(Clock clock) {
        this.clock = clock;
    }

    @Bean
    TemporalConnection temporalConnection(Settings settings, Keyring keyring, MeterRegistry registry) {
        return TemporalConnection.open(settings.temporal(), PayloadConverters.encrypted(keyring), registry);
    }

    @Bean
    SealedSecrets destinationSecrets(ExportStore exports) {
        return new DestinationSecrets(exports);
    }

    @Bean
    KeyRotation keyRotation(Keyring keyring, List<SealedSecrets> stored) {
        return new KeyRotation(keyring, stored);
    }

    @Bean
    TaskQueues taskQueues(TemporalConnection temporal, DestinationCatalog catalog) {
        return new TaskQueues(temporal, catalog, clock);
    }

    @Bean
    RunLog runLog(LogStore lines) {
        return new RunLog(lines, clock);
    }

    @Bean
    CrashPoints crashPoints(Settings settings) {
        return new CrashPoints(settings.testing());
    }

    @Bean
    RunEndings runEndings(
            ExportStore exports,
            RunStore runs,
            BackfillRunStore backfillRuns,
            ExportHealthStore health,
            Outbox outbox,
            RunLog log,
            PlatformTransactionManager transactions) {
        return new RunEndings(
                exports, runs, backfillRuns, health, outbox, log, new TransactionTemplate(transactions), clock);
    }

    @Bean
    RunLifecycle runLifecycle(
            ExportStore exports,
            RunStore runs,
            RunEndings endings,
            DestinationCatalog catalog,
            RunLog log,
            CrashPoints crashPoints,
            Settings settings) {
        return new RunLifecycle(
                exports, runs, endings, catalog, log, crashPoints, settings.worker(), settings.reconciliation(), clock);
    }

    @Bean
    OpenDestinations openDestinations(DestinationCatalog catalog) {
        return new OpenDestinations(catalog, clock);
    }

    @Bean
    RunExecution runExecution(
            ExportStore exports,
            RunStore runs,
            OpenDestinations destinations,
            Source source,
            RunLifecycle lifecycle,
            RunLog log,
            CrashPoints crashPoints,
            Settings settings) {
        AttemptRecorder attempts = new AttemptRecorder(runs, log, clock);
        return new RunExecution(
                exports, runs, destinations, source, attempts, lifecycle, log, crashPoints, settings.worker(), clock);
    }

    @Bean
    BackfillExecution backfillExecution(
            ExportStore exports,
            RunStore runs,
            BackfillStore backfills,
            BackfillRunStore backfillRuns,
            BackfillEndings backfillEndings,
            DestinationCatalog catalog,
            OpenDestinations destinations,
            Source source,
            RunLog log,
            Settings settings) {
        return new BackfillExecution(
                exports,
                runs,
                backfills,
                backfillRuns,
                backfillEndings,
                catalog,
                destinations,
                source,
                log,
                settings.reconciliation(),
                clock);
    }

    @Bean
    StageActivities stageActivities(RunExecution execution) {
        return new StageActivitiesImplementation(execution);
    }

    @Bean
    Workers workers(
            TemporalConnection temporal,
            DestinationCatalog catalog,
            RunLifecycle lifecycle,
            StageActivities stages,
            BackfillExecution backfills,
            RunStore runs,
            Settings settings) {
        return new Workers(
                runs,
                temporal,
                catalog,
                new RunActivitiesImplementation(lifecycle),
                stages,
                new BackfillActivitiesImplementation(backfills),
                settings);
    }

    @Bean
    TemporalOrchestration orchestration(
            TemporalConnection temporal,
            DestinationCatalog catalog,
            RunStore runs,
            BackfillEndings backfillEndings,
            RunLifecycle lifecycle,
            Keyring keyring) {
        return new TemporalOrchestration(
                temporal, catalog, runs, backfillEndings, lifecycle, keyring.primaryKeyId(), clock);
    }

    @Bean
    Reconciler reconciler(
            ExportStore exports,
            RunStore runs,
            BackfillStore backfills,
            BackfillRunStore backfillRuns,
            BackfillEndings backfillEndings,
            LogStore logs,
            Orchestration orchestration,
            RunLifecycle lifecycle,
            Outbox outbox,
            RunLog log,
            TemporalConnection temporal,
            KeyRotation keyRotation,
            Settings settings) {
        RunStarter starter = new RunStarter(runs, orchestration, clock);
        WorkflowInspector workflows = new WorkflowInspector(temporal);
        return new Reconciler(
                exports,
                runs,
                backfills,
                backfillRuns,
                backfillEndings,
                logs,
                orchestration,
                lifecycle,
                log,
                workflows,
                new Filler(exports, runs, backfills, starter, workflows, outbox, log, clock),
                temporal,
                keyRotation,
                settings.logs().retention(),
                clock);
    }

    @Bean
    ReconcilerLoop reconcilerLoop(Reconciler reconciler, DataSource database, Settings settings) {
        return new ReconcilerLoop(
                "reconciler",
                reconciler::reconcile,
                new Leadership(database, RECONCILER_LOCK),
                RECONCILER_INTERVAL,
                settings.role());
    }

    @Bean
    ReconcilerLoop lateRowsLoop(
            ExportStore exports,
            RunStore runs,
            Orchestration orchestration,
            Source source,
            RunLog log,
            DataSource database,
            Settings settings) {
        LateRowsRound round = new LateRowsRound(
                exports,
                runs,
                new RunStarter(runs, orchestration, clock),
                source,
                log,
                settings.reconciliation(),
                clock);
        Duration interval = settings.reconciliation().after().stream()
                .min(Duration::compareTo)
                .filter(shortest -> shortest.compareTo(LATE_ROWS_LATEST) < 0)
                .orElse(LATE_ROWS_LATEST);
        return new ReconcilerLoop(
                "search for late rows",
                round,
                new Leadership(database, LATE_ROWS_LOCK),
                interval.compareTo(LATE_ROWS_SOONEST) < 0 ? LATE_ROWS_SOONEST : interval,
                settings.role());
    }
}
