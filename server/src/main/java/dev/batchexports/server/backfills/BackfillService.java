package dev.batchexports.server.backfills;

import dev.batchexports.core.interval.Timeline;
import dev.batchexports.server.exports.BatchExport;
import dev.batchexports.server.request.ConflictException;
import dev.batchexports.server.request.NotFoundException;
import dev.batchexports.server.request.Violations;
import dev.batchexports.server.workflow.Orchestration;
import dev.batchexports.server.workflow.OrchestrationUnavailableException;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Service;

/// Plans, creates, pauses, resumes and cancels backfills.
@Service
public class BackfillService {
    private static final Logger LOG = LoggerFactory.getLogger(BackfillService.class);
    private static final int DEFAULT_CONCURRENCY = 2;

    /// What a valid request asks for.
    ///
    /// @param start a boundary of the grid; null for the earliest data
    /// @param end a boundary of the grid, not in the future
    record Wish(@Nullable Instant start, Instant end, BackfillScope scope, int concurrency) {}

    private final BackfillStore backfills;
    private final BackfillRunStore backfillRuns;
    private final BackfillEndings endings;
    private final BackfillPlanner planner;
    private final BackfillSettings settings;
    private final Orchestration orchestration;
    private final Clock clock;

    public BackfillService(
            BackfillStore backfills,
            BackfillRunStore backfillRuns,
            BackfillEndings endings,
            BackfillPlanner planner,
            BackfillSettings settings,
            Orchestration orchestration,
            Clock clock) {
        this.backfills = backfills;
        this.backfillRuns = backfillRuns;
        this.endings = endings;
        this.planner = planner;
        this.settings = settings;
        this.orchestration = orchestration;
        this.clock = clock;
    }

    /// Creates a backfill and starts it; while Temporal cannot be reached it stays Starting.
    ///
    /// @throws dev.batchexports.server.request.InvalidRequestException naming everything that is wrong
    public Backfill create(BatchExport export, BackfillForm form, Violations violations) {
        Wish wish = check(export, form, violations);
        return start(export, wish);
    }

    /// Creates a backfill for what an export missed since a time, if there is anything.
    public void catchUp(BatchExport export, Instant since) {
        Timeline timeline = export.timeline();
        // The run of the boundary before may have been held back by its jitter when the pause came.
        Instant from = timeline.previous(timeline.floor(since));
        Instant start = from.isBefore(export.firstIntervalStart()) ? export.firstIntervalStart() : from;
        Instant end = lastFinishedBoundary(export, clock.instant());
        if (start.isBefore(end)) {
            Backfill backfill =
                    starting(export, new Wish(start, end, BackfillScope.GAPS, defaultConcurrency()), null, null);
            backfills.insertToCatchUp(backfill);
            begin(export, backfill);
        } else {
            backfills.caughtUp(export.id());
        }
    }

    /// What a backfill would do, without doing it.
    ///
    /// @throws dev.batchexports.server.request.InvalidRequestException naming everything that is wrong
    /// @throws dev.batchexports.core.error.ExportException when the source cannot be read
    public BackfillPlan plan(BatchExport export, BackfillForm form, Violations violations) {
        return planner.plan(export, form, check(export, form, violations), now());
    }

    public List<Backfill> list(BatchExport export, @Nullable BackfillCursor after, int limit) {
        return backfills.list(export.id(), after, limit);
    }

    /// @throws NotFoundException when the export has no such backfill
    public Backfill find(BatchExport export, UUID id) {
        return backfills.find(export.id(), id).orElseThrow(() -> new NotFoundException("backfill"));
    }

    /// Lets a backfill start no further runs. Does nothing to one that is paused already.
    public Backfill pause(BatchExport export, UUID id) {
        Backfill backfill = unfinished(export, id, "paused");
        ask(backfill, () -> orchestration.pauseBackfill(backfill));
        backfills.move(id, BackfillStatus.PAUSED, now());
        return find(export, id);
    }

    /// Goes on with a paused backfill. Changes nothing about one that is not paused.
    public Backfill resume(BatchExport export, UUID id) {
        Backfill backfill = unfinished(export, id, "resumed");
        ask(backfill, () -> orchestration.resumeBackfill(backfill));
        if (backfill.status() == BackfillStatus.PAUSED) {
            backfills.move(id, backfill.begunAt() == null ? BackfillStatus.STARTING : BackfillStatus.RUNNING, now());
        }
        return find(export, id);
    }

    /// Asks a backfill to stop, with the runs that it has started; its runs finish as Cancelled by themselves.
    public Backfill cancel(BatchExport export, UUID id) {
        Backfill backfill = unfinished(export, id, "cancelled");
        ask(backfill, () -> orchestration.cancelBackfill(backfill));
        // Its runs take a moment to stop, but nothing brings it back.
        endings.end(id, BackfillStatus.CANCELLED, now());
        return find(export, id);
    }

    /// A backfill whose workflow has not begun reads from its row whether it was paused or cancelled, so that
    /// nobody has to wait for Temporal.
    private static void ask(Backfill backfill, Runnable request) {
        try {
            request.run();
        } catch (OrchestrationUnavailableException e) {
            if (backfill.begunAt() != null) {
                throw e;
            }
        }
    }

    /// Executes the runs of a finished backfill again that did not end as Completed, by a new backfill. Leaves
    /// out intervals that another run has completed since.
    ///
    /// @throws ConflictException when the backfill is not finished, or no such run is left
    public Backfill rerunFailed(BatchExport export, UUID id) {
        Backfill original = find(export, id);
        if (!original.status().isFinished()) {
            throw new ConflictException(
                    "backfill_active",
                    "A backfill that is " + original.status().word()
                            + " has runs to come: wait for its end, or cancel it first.");
        }
        int failed = backfillRuns.failed(original, null, IntervalCount.MOST).size();
        if (failed == 0 || original.startAt() == null) {
            throw new ConflictException("nothing_failed", "No run of this backfill is left to be executed again.");
        }
        return start(
                export,
                new Wish(original.startAt(), original.endAt(), original.scope(), original.concurrency()),
                failed,
                original.id());
    }

    /// Whether an export has a backfill that is not finished.
    public boolean isActive(UUID exportId) {
        return !backfills.active(exportId).isEmpty();
    }

    /// Asks every unfinished backfill of an export to stop.
    public void cancelAll(UUID exportId) {
        for (Backfill backfill : backfills.active(exportId)) {
            try {
                orchestration.cancelBackfill(backfill);
            } catch (OrchestrationUnavailableException e) {
                LOG.warn("backfill {} is not cancelled yet: {}", backfill.id(), e.getMessage());
            }
        }
    }

    private Backfill unfinished(BatchExport export, UUID id, String action) {
        Backfill backfill = find(export, id);
        if (backfill.status().isFinished()) {
            throw new ConflictException(
                    "backfill_finished",
                    "A backfill that is " + backfill.status().word() + " cannot be " + action + ".");
        }
        return backfill;
    }

    private Backfill start(BatchExport export, Wish wish) {
        Integer total = wish.start() != null && wish.scope() == BackfillScope.ALL
                ? Math.toIntExact(IntervalCount.between(export.timeline(), wish.start(), wish.end()))
                : null;
        return start(export, wish, total, null);
    }

    private Backfill start(BatchExport export, Wish wish, @Nullable Integer total, @Nullable UUID rerunOf) {
        Backfill backfill = starting(export, wish, total, rerunOf);
        backfills.insert(backfill);
        return begin(export, backfill);
    }

    private Backfill starting(BatchExport export, Wish wish, @Nullable Integer total, @Nullable UUID rerunOf) {
        return Backfill.starting(
                UUID.randomUUID(),
                export.id(),
                wish.start(),
                wish.end(),
                wish.scope(),
                wish.concurrency(),
                total,
                rerunOf,
                now());
    }

    /// @param backfill that is stored: what keeps it from starting now is made up for later
    private Backfill begin(BatchExport export, Backfill backfill) {
        LOG.info("backfill {} of batch export {} created", backfill.id(), export.id());
        try {
            orchestration.startBackfill(export, backfill);
        } catch (OrchestrationUnavailableException e) {
            LOG.warn("backfill {} starts later: {}", backfill.id(), e.getMessage());
        }
        return backfills.find(backfill.id()).orElse(backfill);
    }

    private Wish check(BatchExport export, BackfillForm form, Violations violations) {
        Instant now = clock.instant();
        BackfillScope scope = checkScope(form.scope(), violations);
        int concurrency = form.concurrency() == null ? defaultConcurrency() : form.concurrency();
        violations.require(
                concurrency >= 1 && concurrency <= settings.maxConcurrency(),
                "/concurrency",
                "must be 1 to " + settings.maxConcurrency());
        violations.require(form.endAt() != null, "/end_at", "is required");
        violations.require(form.endAt() == null || !form.endAt().isAfter(now), "/end_at", "must not be in the future");
        violations.require(
                form.startAt() == null || form.endAt() == null || form.startAt().isBefore(form.endAt()),
                "/start_at",
                "must be before end_at");
        violations.require(
                form.startAt() == null
                        || export.endAt() == null
                        || form.startAt().isBefore(export.endAt()),
                "/start_at",
                "must be before the end_at of the batch export, " + export.endAt());
        violations.orThrow();

        Instant start = form.startAt() == null ? null : export.timeline().floor(form.startAt());
        Instant wanted = export.timeline().ceiling(Objects.requireNonNull(form.endAt()));
        Instant possible = lastFinishedBoundary(export, now);
        Instant end = wanted.isBefore(possible) ? wanted : possible;
        violations.require(start == null || start.isBefore(end), "/end_at", "leaves no interval that has ended yet");
        violations.require(
                start == null || !IntervalCount.isTooLarge(export.timeline(), start, end),
                "/start_at",
                "asks for too many intervals, more than " + IntervalCount.MOST
                        + ": name a later one, or leave it out to begin with the earliest data");
        violations.orThrow();
        return new Wish(start, end, scope, concurrency);
    }

    private int defaultConcurrency() {
        return Math.min(DEFAULT_CONCURRENCY, settings.maxConcurrency());
    }

    private static BackfillScope checkScope(@Nullable String word, Violations violations) {
        if (word == null) {
            return BackfillScope.ALL;
        }
        for (BackfillScope scope : BackfillScope.values()) {
            if (scope.word().equals(word)) {
                return scope;
            }
        }
        violations.add("/scope", "must be all or gaps");
        return BackfillScope.ALL;
    }

    /// The end of the last interval that can be exported: it has ended, and begins before `end_at`.
    static Instant lastFinishedBoundary(BatchExport export, Instant now) {
        Instant finished = export.timeline().floor(now);
        if (export.endAt() == null) {
            return finished;
        }
        Instant last = export.timeline().ceiling(export.endAt());
        return last.isBefore(finished) ? last : finished;
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MICROS);
    }
}
