package dev.batchexports.server.exports;

import dev.batchexports.core.source.RowSelection;
import dev.batchexports.server.backfills.BackfillService;
import dev.batchexports.server.request.ConflictException;
import dev.batchexports.server.request.NotFoundException;
import dev.batchexports.server.runs.Run;
import dev.batchexports.server.runs.RunStore;
import dev.batchexports.server.workflow.Orchestration;
import dev.batchexports.server.workflow.OrchestrationUnavailableException;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Service;
import tools.jackson.databind.JsonNode;

/// Creates, changes, pauses and deletes batch exports. The row is written first and the Temporal schedule
/// follows it; while Temporal cannot be reached the reconciler catches up later.
@Service
public class ExportService {
    private static final Logger LOG = LoggerFactory.getLogger(ExportService.class);
    private static final int ATTEMPTS = 5;

    private final ExportStore exports;
    private final RunStore runs;
    private final BackfillService backfills;
    private final ExportRules rules;
    private final ModelPreview models;
    private final DestinationCatalog catalog;
    private final Orchestration orchestration;
    private final Clock clock;

    public ExportService(
            ExportStore exports,
            RunStore runs,
            BackfillService backfills,
            ExportRules rules,
            ModelPreview models,
            DestinationCatalog catalog,
            Orchestration orchestration,
            Clock clock) {
        this.exports = exports;
        this.runs = runs;
        this.backfills = backfills;
        this.rules = rules;
        this.models = models;
        this.catalog = catalog;
        this.orchestration = orchestration;
        this.clock = clock;
    }

    /// @throws dev.batchexports.server.request.InvalidRequestException naming everything that is wrong
    public BatchExport create(long projectId, JsonNode body) {
        ExportDraft draft = rules.check(body, projectId);
        models.check(draft.selection(projectId, models.lastHour()), body);
        UUID id = UUID.randomUUID();
        BatchExport export =
                draft.create(id, projectId, catalog.seal(id, draft.destinationType(), draft.config()), now());
        exports.insert(export);
        LOG.info("batch export {} created in project {}", id, projectId);
        return applySchedule(export);
    }

    /// @throws NotFoundException when the project has no such export
    public BatchExport find(long projectId, UUID id) {
        return exports.find(projectId, id).orElseThrow(() -> new NotFoundException("batch export"));
    }

    /// A page of a project's exports, newest first.
    public List<BatchExport> list(
            long projectId,
            @Nullable String search,
            @Nullable ExportStatus status,
            @Nullable ExportCursor after,
            int limit) {
        return exports.list(projectId, search, status, after, now(), limit);
    }

    /// The latest runs of some exports, newest first.
    public Map<UUID, List<Run>> latestRuns(List<BatchExport> page, int count) {
        return runs.latest(page.stream().map(BatchExport::id).toList(), count);
    }

    /// Lays a change over an export; see [ExportChange] for what replaces what.
    ///
    /// @throws dev.batchexports.server.request.InvalidRequestException naming everything that is wrong
    public BatchExport change(long projectId, UUID id, JsonNode change) {
        return store(projectId, id, export -> {
            JsonNode form = ExportChange.apply(export, catalog.unseal(id, export.destination()), change);
            ExportDraft draft = rules.check(form, projectId);
            RowSelection selection = draft.selection(projectId, models.lastHour());
            // An export can be renamed, or moved, while ClickHouse does not answer.
            if (!selection.equals(export.selection(selection.interval()))) {
                models.check(selection, form);
            }
            BatchExport changed =
                    draft.change(export, catalog.seal(id, draft.destinationType(), draft.config()), now());
            if (!changed.grid().equals(export.grid()) && backfills.isActive(id)) {
                throw new ConflictException(
                        "backfill_active",
                        "The interval cannot be changed while a backfill is under way: cancel it, or wait for it.");
            }
            return changed;
        });
    }

    /// Stops the schedule; what runs goes on. Does nothing to an export that is paused already.
    public BatchExport pause(long projectId, UUID id) {
        BatchExport export = find(projectId, id);
        return export.paused() ? export : store(projectId, id, current -> paused(current, now()));
    }

    /// Starts the schedule again. Does nothing to an export that is not paused.
    public BatchExport unpause(long projectId, UUID id, CatchUp catchUp) {
        BatchExport paused = find(projectId, id);
        if (!paused.paused()) {
            return paused;
        }
        BatchExport export = store(projectId, id, current -> unpaused(current, now()));
        if (catchUp == CatchUp.MISSED_INTERVALS && paused.lastPausedAt() != null) {
            backfills.catchUp(export, paused.lastPausedAt());
        }
        return export;
    }

    /// Deletes an export: cancels its backfills and runs and removes its schedule.
    public void delete(long projectId, UUID id) {
        find(projectId, id);
        exports.delete(id, now());
        LOG.info("batch export {} deleted", id);
        backfills.cancelAll(id);
        for (Run run : runs.active(id)) {
            try {
                orchestration.cancelRun(run);
            } catch (OrchestrationUnavailableException e) {
                LOG.warn("run {} of a deleted export is not cancelled yet: {}", run.id(), e.getMessage());
            }
        }
        exports.find(id).ifPresent(this::applySchedule);
    }

    public List<ScheduledInterval> upcoming(long projectId, UUID id, int count) {
        return ScheduledInterval.upcoming(find(projectId, id), clock.instant(), count);
    }

    /// Changes the current row, again and again while somebody else changes it too.
    private BatchExport store(long projectId, UUID id, Function<BatchExport, BatchExport> change) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            Optional<BatchExport> stored = exports.update(change.apply(find(projectId, id)));
            if (stored.isPresent()) {
                return applySchedule(stored.get());
            }
        }
        throw new ConflictException(
                "changed_meanwhile", "The batch export is being changed by others at the same time; try again.");
    }

    /// Makes the schedule match the row. Two changes at once may reach Temporal in the wrong order, so
    /// whoever finds the row changed since then applies it again: the last one to apply has applied the
    /// current row.
    private BatchExport applySchedule(BatchExport export) {
        BatchExport applied = export;
        try {
            orchestration.applySchedule(applied);
            Optional<BatchExport> current = exports.find(applied.id());
            while (current.isPresent() && current.get().version() > applied.version()) {
                applied = current.get();
                orchestration.applySchedule(applied);
                current = exports.find(applied.id());
            }
            exports.scheduleApplied(applied.id(), applied.version());
        } catch (OrchestrationUnavailableException e) {
            LOG.warn("the schedule of batch export {} follows later: {}", export.id(), e.getMessage());
        }
        return export;
    }

    private static BatchExport paused(BatchExport export, Instant now) {
        return export.paused() ? export : withPause(export, true, now, now);
    }

    private static BatchExport unpaused(BatchExport export, Instant now) {
        return withPause(export, false, export.lastPausedAt(), now);
    }

    private static BatchExport withPause(
            BatchExport export, boolean paused, @Nullable Instant lastPausedAt, Instant now) {
        return new BatchExport(
                export.id(),
                export.projectId(),
                export.name(),
                export.model(),
                export.destination(),
                export.grid(),
                export.includeEvents(),
                export.excludeEvents(),
                export.filters(),
                paused,
                null,
                export.startAt(),
                export.endAt(),
                export.rerunMode(),
                export.settle(),
                export.giveUpAfter(),
                export.version(),
                export.scheduleVersion(),
                export.createdAt(),
                now,
                lastPausedAt,
                export.deletedAt());
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MICROS);
    }
}
