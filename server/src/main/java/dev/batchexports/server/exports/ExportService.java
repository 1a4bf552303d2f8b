package dev.batchexports.server.exports;

import dev.batchexports.core.interval.PastGrid;
import dev.batchexports.core.interval.Timeline;
import dev.batchexports.core.source.RowSelection;
import dev.batchexports.server.backfills.BackfillService;
import dev.batchexports.server.request.ConflictException;
import dev.batchexports.server.request.NotFoundException;
import dev.batchexports.server.request.Violations;
import dev.batchexports.server.runs.Run;
import dev.batchexports.server.runs.RunStore;
import dev.batchexports.server.workflow.Orchestration;
import dev.batchexports.server.workflow.OrchestrationUnavailableException;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Stream;
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
    public BatchExport create(long projectId, JsonNode body, String author) {
        ExportDraft draft = rules.check(body, projectId);
        models.check(draft.selection(projectId, models.lastHour()), body);
        UUID id = UUID.randomUUID();
        BatchExport export =
                draft.create(id, projectId, catalog.seal(id, draft.destinationType(), draft.config()), now());
        exports.insert(export, Authorship.of(author));
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

    /// How many rows of some exports became visible late and are not exported; no entry for none.
    public Map<UUID, Long> lateRows(List<BatchExport> page) {
        return runs.lateRows(page.stream().map(BatchExport::id).toList());
    }

    /// Lays a change over an export; see [ExportChange] for what replaces what. A change to what is already so
    /// leaves the export untouched, secrets included.
    ///
    /// @throws dev.batchexports.server.request.InvalidRequestException naming everything that is wrong
    public ChangedExport change(long projectId, UUID id, JsonNode change, String author) {
        Instant now = now();
        return store(projectId, id, export -> {
            Map<String, Object> config = catalog.unseal(id, export.destination());
            JsonNode form = ExportChange.apply(export, config, change);
            ExportDraft draft = rules.check(form, projectId);
            if (changesNothing(draft, export, config)) {
                return new Draft(export, Authorship.of(author));
            }
            RowSelection selection = draft.selection(projectId, models.lastHour());
            // An export can be renamed, or moved, while ClickHouse does not answer.
            if (!selection.equals(export.selection(selection.interval()))) {
                models.check(selection, form);
            }
            if (!draft.grid().equals(export.grid()) && backfills.isActive(id)) {
                throw new ConflictException(
                        "backfill_active",
                        "The interval cannot be changed while a backfill is under way: cancel it, or wait for it.");
            }
            DestinationSettings sealed = catalog.seal(id, draft.destinationType(), draft.config());
            return new Draft(
                    draft.change(export, sealed, pastGrids(export, draft), now),
                    new Authorship(author, secretsChanged(export, config, draft, sealed)));
        });
    }

    /// Secrets are compared too: they are sealed anew each time and never look the same when stored.
    private static boolean changesNothing(ExportDraft draft, BatchExport export, Map<String, Object> config) {
        return draft.destinationType().name().equals(export.destination().type())
                && draft.config().equals(config)
                && draft.change(export, export.destination(), export.pastGrids(), export.lastUpdatedAt())
                        .equals(export);
    }

    /// Which grids stay in force for the past: what was exported, or was to be exported by now, keeps its
    /// intervals. So does what a server whose clock is ahead of this one's has started.
    private List<PastGrid> pastGrids(BatchExport export, ExportDraft draft) {
        Timeline timeline = export.timeline();
        Instant now = now();
        Instant end = export.endAt();
        boolean later = end != null && (draft.endAt() == null || draft.endAt().isAfter(end));
        if (end != null && later && !timeline.ceiling(end).isAfter(now)) {
            // The interval that the end cut short was exported so.
            timeline = timeline.cutAt(end);
        }
        if (draft.grid().equals(export.grid())) {
            return timeline.past();
        }
        Instant expected = export.firstIntervalStart();
        Instant first = runs.earliestStart(export.id())
                .filter(start -> start.isBefore(expected))
                .map(timeline::floor)
                .orElse(expected);
        Instant seam = timeline.floor(now);
        Instant started =
                runs.latestBoundary(export.id()).map(timeline::ceiling).orElse(seam);
        return timeline.changedTo(draft.grid(), first, started.isAfter(seam) ? started : seam)
                .past();
    }

    /// Secrets are the parameters that are not stored in the clear.
    ///
    /// @param before the former configuration, secrets included
    private static List<String> secretsChanged(
            BatchExport export, Map<String, Object> before, ExportDraft draft, DestinationSettings sealed) {
        return Stream.concat(before.keySet().stream(), draft.config().keySet().stream())
                .distinct()
                .filter(name -> !sealed.config().containsKey(name))
                .filter(name -> !export.destination().config().containsKey(name))
                .filter(name -> !Objects.equals(before.get(name), draft.config().get(name)))
                .map(name -> Violations.pointer("/destination/config", name))
                .sorted()
                .toList();
    }

    /// The revisions of an export, newest first.
    ///
    /// @param before only versions before this one; null for all
    public List<Revision> revisions(long projectId, UUID id, @Nullable Long before, int limit) {
        return exports.revisions(find(projectId, id).id(), before, limit);
    }

    /// Stops the schedule; what runs goes on. Does nothing to an export that is paused already.
    public ChangedExport pause(long projectId, UUID id, String author) {
        BatchExport export = find(projectId, id);
        return export.paused()
                ? new ChangedExport(export, List.of())
                : store(projectId, id, current -> new Draft(paused(current, now()), Authorship.of(author)));
    }

    /// Starts the schedule again, unless it was started before.
    ///
    /// A repeated request makes up for what the first one did not come to: what the latest pause missed is caught
    /// up once.
    public ChangedExport unpause(long projectId, UUID id, CatchUp catchUp, String author) {
        BatchExport export = find(projectId, id);
        ChangedExport changed = export.paused()
                ? store(projectId, id, current -> new Draft(unpaused(current, now()), Authorship.of(author)))
                : new ChangedExport(export, List.of());
        return switch (catchUp) {
            case NOTHING -> changed;
            case MISSED_INTERVALS -> {
                List<Pause> pauses = exports.pauses(id);
                if (!pauses.isEmpty() && !pauses.getLast().caughtUp()) {
                    backfills.catchUp(changed.export(), pauses.getLast().start());
                }
                yield changed;
            }
        };
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

    /// The next intervals of an export's schedule, as if it were not paused.
    public List<ScheduledInterval> upcoming(long projectId, UUID id, int count) {
        return ScheduledInterval.upcoming(find(projectId, id), clock.instant(), count);
    }

    /// The next intervals of an export that does not exist yet.
    ///
    /// @param body of which the fields about time count, and only they are validated
    /// @throws dev.batchexports.server.request.InvalidRequestException naming everything that is wrong
    public List<ScheduledInterval> upcoming(long projectId, JsonNode body, int count) {
        ExportRules.Times times = rules.checkTimes(body, projectId);
        return ScheduledInterval.upcoming(times.grid(), times.startAt(), times.endAt(), now(), count);
    }

    /// An export as it shall be stored.
    private record Draft(BatchExport export, Authorship authorship) {}

    /// Changes the current row, again and again while somebody else changes it too.
    private ChangedExport store(long projectId, UUID id, Function<BatchExport, Draft> change) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            BatchExport before = find(projectId, id);
            Draft draft = change.apply(before);
            if (draft.export().equals(before)) {
                return new ChangedExport(before, List.of());
            }
            Optional<BatchExport> stored = exports.update(draft.export(), draft.authorship());
            if (stored.isPresent()) {
                return new ChangedExport(
                        applySchedule(stored.get()), ChangeEffects.of(before, stored.get(), clock.instant()));
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
                export.pastGrids(),
                export.includeEvents(),
                export.excludeEvents(),
                export.filters(),
                paused,
                null,
                export.startAt(),
                export.endAt(),
                export.rerunMode(),
                export.lateRows(),
                export.settle(),
                export.giveUpAfter(),
                export.pauseAfterFailures(),
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
