package dev.batchexports.server.api;

import dev.batchexports.server.exports.BatchExport;
import dev.batchexports.server.exports.CatchUp;
import dev.batchexports.server.exports.ChangedExport;
import dev.batchexports.server.exports.ConnectionTest;
import dev.batchexports.server.exports.ExportForm;
import dev.batchexports.server.exports.ExportService;
import dev.batchexports.server.exports.ExportStatus;
import dev.batchexports.server.exports.ModelPreview;
import dev.batchexports.server.exports.ScheduledInterval;
import dev.batchexports.server.request.InvalidRequestException;
import dev.batchexports.server.request.JsonFields;
import dev.batchexports.server.request.Violations;
import dev.batchexports.server.runs.Run;
import dev.batchexports.server.runs.RunService;
import dev.batchexports.server.security.AccessToken;
import dev.batchexports.server.security.Scope;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.net.URI;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PatchMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestAttribute;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.support.ServletUriComponentsBuilder;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Batch exports, their schedule and their intervals.
@Tag(name = "Batch exports")
@RestController
@RequestMapping(path = "/api/projects/{project_id}/batch_exports/", produces = MediaType.APPLICATION_JSON_VALUE)
class ExportRoutes {
    private static final int DEFAULT_PREVIEW = 5;
    private static final int MAXIMUM_PREVIEW = 100;

    private final ExportService exports;
    private final RunService runs;
    private final ConnectionTest connectionTest;
    private final ModelPreview modelPreview;
    private final Clock clock;

    ExportRoutes(
            ExportService exports,
            RunService runs,
            ConnectionTest connectionTest,
            ModelPreview modelPreview,
            Clock clock) {
        this.exports = exports;
        this.runs = runs;
        this.connectionTest = connectionTest;
        this.modelPreview = modelPreview;
        this.clock = clock;
    }

    @Operation(operationId = "listBatchExports", summary = "List batch exports", description = "Newest first.")
    @GetMapping
    @RequiresScope(Scope.READ)
    Page<BatchExportAnswer> list(
            @PathVariable("project_id") long projectId,
            @Parameter(schema = @Schema(type = "integer", minimum = "1", maximum = "1000", defaultValue = "100"))
                    @RequestParam(required = false)
                    @Nullable
                    Integer limit,
            @RequestParam(required = false) @Nullable String cursor,
            @Parameter(description = "Part of the name, in any case.") @RequestParam(required = false) @Nullable
                    String search,
            @Parameter(
                            schema =
                                    @Schema(
                                            type = "string",
                                            allowableValues = {"active", "paused", "ended"}))
                    @RequestParam(required = false)
                    @Nullable
                    String status) {
        int size = Page.limit(limit);
        List<BatchExport> found = exports.list(
                projectId,
                RequestWords.search(search),
                RequestWords.one(status, "status", ExportStatus.values(), ExportStatus::word),
                Cursor.export(cursor),
                size + 1);
        Map<UUID, List<Run>> latest = exports.latestRuns(found, BatchExportAnswer.LATEST_RUNS);
        Map<UUID, Long> late = exports.lateRows(found);
        Instant now = clock.instant();
        return Page.of(
                found,
                size,
                export -> Cursor.of(export.createdAt(), export.id()),
                export -> BatchExportAnswer.of(
                        export,
                        latest.getOrDefault(export.id(), List.of()),
                        late.getOrDefault(export.id(), 0L),
                        List.of(),
                        now));
    }

    @Operation(operationId = "createBatchExport", summary = "Create a batch export")
    @PostMapping(consumes = MediaType.APPLICATION_JSON_VALUE)
    @RequiresScope(Scope.WRITE)
    @ResponseStatus(HttpStatus.CREATED)
    ResponseEntity<BatchExportAnswer> create(
            @PathVariable("project_id") long projectId,
            @io.swagger.v3.oas.annotations.parameters.RequestBody(
                            content = @Content(schema = @Schema(implementation = ExportForm.class)))
                    @RequestBody
                    JsonNode body,
            @RequestAttribute(AuthenticationFilter.TOKEN) AccessToken token) {
        BatchExport export = exports.create(projectId, body, token.name());
        URI location = ServletUriComponentsBuilder.fromCurrentRequest()
                .path(export.id() + "/")
                .build()
                .toUri();
        return ResponseEntity.created(location).body(answer(export));
    }

    @Operation(
            operationId = "testConnection",
            summary = "Test a connection",
            description = "Tries to read the model and to write to the destination, and stores nothing. With the id of"
                    + " a batch export of the project, what is absent is taken from it, secrets included.")
    @PostMapping(path = "test/", consumes = MediaType.APPLICATION_JSON_VALUE)
    @RequiresScope(Scope.WRITE)
    TestAnswer test(
            @PathVariable("project_id") long projectId,
            @io.swagger.v3.oas.annotations.parameters.RequestBody(
                            content = @Content(schema = @Schema(ref = "#/components/schemas/ConnectionTestRequest")))
                    @RequestBody
                    JsonNode body) {
        return TestAnswer.of(connectionTest.run(projectId, body));
    }

    @Operation(
            operationId = "previewRows",
            summary = "Preview rows",
            description = "Ten of the latest rows that the model and the filters select, as they would be exported, and"
                    + " their columns. Stores nothing; needs no destination. With the id of a batch export of the"
                    + " project, what is absent is taken from it.")
    @PostMapping(path = "preview/", consumes = MediaType.APPLICATION_JSON_VALUE)
    @RequiresScope(Scope.WRITE)
    PreviewAnswer preview(
            @PathVariable("project_id") long projectId,
            @io.swagger.v3.oas.annotations.parameters.RequestBody(
                            content = @Content(schema = @Schema(ref = "#/components/schemas/ConnectionTestRequest")))
                    @RequestBody
                    JsonNode body) {
        return PreviewAnswer.of(modelPreview.show(projectId, body));
    }

    @Operation(
            operationId = "adviseReading",
            summary = "Measure what ClickHouse reads",
            description = "Counts the last whole hour of the model, compares its rows with those that ClickHouse read,"
                    + " and says how the table is better laid out. Takes up to a minute. With the id of a batch export"
                    + " of the project, what is absent is taken from it.")
    @PostMapping(path = "read_advice/", consumes = MediaType.APPLICATION_JSON_VALUE)
    @RequiresScope(Scope.WRITE)
    ReadAdviceAnswer readAdvice(
            @PathVariable("project_id") long projectId,
            @io.swagger.v3.oas.annotations.parameters.RequestBody(
                            content = @Content(schema = @Schema(ref = "#/components/schemas/ConnectionTestRequest")))
                    @RequestBody
                    JsonNode body) {
        return ReadAdviceAnswer.of(modelPreview.readAdvice(projectId, body));
    }

    @Operation(operationId = "getBatchExport", summary = "Get a batch export")
    @GetMapping("{id}/")
    @RequiresScope(Scope.READ)
    BatchExportAnswer get(@PathVariable("project_id") long projectId, @PathVariable UUID id) {
        return answer(exports.find(projectId, id));
    }

    @Operation(
            operationId = "changeBatchExport",
            summary = "Change a batch export",
            description = "A field replaces the export's; null takes it back to its default. Of destination.config each"
                    + " parameter by itself replaces the export's, so that absent secrets are kept; null removes one."
                    + " What was exported, or was to be exported by now, keeps its intervals; effects say what the"
                    + " change means for the past and for the future.")
    @PatchMapping(path = "{id}/", consumes = MediaType.APPLICATION_JSON_VALUE)
    @RequiresScope(Scope.WRITE)
    BatchExportAnswer change(
            @PathVariable("project_id") long projectId,
            @PathVariable UUID id,
            @io.swagger.v3.oas.annotations.parameters.RequestBody(
                            content = @Content(schema = @Schema(ref = "#/components/schemas/BatchExportChange")))
                    @RequestBody
                    JsonNode body,
            @RequestAttribute(AuthenticationFilter.TOKEN) AccessToken token) {
        return answer(exports.change(projectId, id, body, token.name()));
    }

    @Operation(
            operationId = "deleteBatchExport",
            summary = "Delete a batch export",
            description = "Cancels its backfills and runs and removes its schedule. What was exported stays.")
    @DeleteMapping("{id}/")
    @RequiresScope(Scope.WRITE)
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void delete(@PathVariable("project_id") long projectId, @PathVariable UUID id) {
        exports.delete(projectId, id);
    }

    @Operation(operationId = "pauseBatchExport", summary = "Pause a batch export", description = "What runs goes on.")
    @PostMapping("{id}/pause/")
    @RequiresScope(Scope.WRITE)
    BatchExportAnswer pause(
            @PathVariable("project_id") long projectId,
            @PathVariable UUID id,
            @RequestAttribute(AuthenticationFilter.TOKEN) AccessToken token) {
        return answer(exports.pause(projectId, id, token.name()));
    }

    @Operation(
            operationId = "unpauseBatchExport",
            summary = "Unpause a batch export",
            description = "The intervals that ended meanwhile show as skipped, unless a backfill is asked for.")
    @PostMapping(path = "{id}/unpause/", consumes = MediaType.APPLICATION_JSON_VALUE)
    @RequiresScope(Scope.WRITE)
    BatchExportAnswer unpause(
            @PathVariable("project_id") long projectId,
            @PathVariable UUID id,
            @io.swagger.v3.oas.annotations.parameters.RequestBody(
                            content = @Content(schema = @Schema(implementation = UnpauseForm.class)))
                    @RequestBody(required = false)
                    @Nullable
                    JsonNode body,
            @RequestAttribute(AuthenticationFilter.TOKEN) AccessToken token) {
        CatchUp catchUp = CatchUp.NOTHING;
        if (body != null) {
            Violations violations = new Violations();
            ObjectNode form = JsonFields.wellFormed(body, UnpauseForm.class, "", violations);
            violations.orThrow();
            catchUp = form.path("backfill").asBoolean(false) ? CatchUp.MISSED_INTERVALS : CatchUp.NOTHING;
        }
        return answer(exports.unpause(projectId, id, catchUp, token.name()));
    }

    @Operation(
            operationId = "previewSchedule",
            summary = "Preview the schedule",
            description =
                    "The next intervals, soonest first, as if the export were not paused; none when it has" + " ended.")
    @GetMapping("{id}/schedule/")
    @RequiresScope(Scope.READ)
    Results<ScheduledIntervalAnswer> schedule(
            @PathVariable("project_id") long projectId,
            @PathVariable UUID id,
            @Parameter(schema = @Schema(type = "integer", minimum = "1", maximum = "100", defaultValue = "5"))
                    @RequestParam(required = false)
                    @Nullable
                    Integer count) {
        return answer(exports.upcoming(projectId, id, previewed(count)));
    }

    @Operation(
            operationId = "previewNewSchedule",
            summary = "Preview the schedule of a new batch export",
            description = "The next intervals of a batch export that does not exist yet. Of the body only interval,"
                    + " timezone, offset_hour, offset_day, start_at and end_at count.")
    @PostMapping(path = "schedule/", consumes = MediaType.APPLICATION_JSON_VALUE)
    @RequiresScope(Scope.READ)
    Results<ScheduledIntervalAnswer> schedule(
            @PathVariable("project_id") long projectId,
            @Parameter(schema = @Schema(type = "integer", minimum = "1", maximum = "100", defaultValue = "5"))
                    @RequestParam(required = false)
                    @Nullable
                    Integer count,
            @io.swagger.v3.oas.annotations.parameters.RequestBody(
                            content = @Content(schema = @Schema(ref = "#/components/schemas/ConnectionTestRequest")))
                    @RequestBody
                    JsonNode body) {
        return answer(exports.upcoming(projectId, body, previewed(count)));
    }

    private static int previewed(@Nullable Integer count) {
        int wanted = count == null ? DEFAULT_PREVIEW : count;
        if (wanted < 1 || wanted > MAXIMUM_PREVIEW) {
            throw new InvalidRequestException("/count", "must be 1 to " + MAXIMUM_PREVIEW);
        }
        return wanted;
    }

    private static Results<ScheduledIntervalAnswer> answer(List<ScheduledInterval> upcoming) {
        return new Results<>(upcoming.stream().map(ScheduledIntervalAnswer::of).toList());
    }

    @Operation(
            operationId = "listRevisions",
            summary = "List the revisions of a batch export",
            description = "Every version of its configuration, newest first: who made it, when, and what it changed."
                    + " Secrets are named, never shown.")
    @GetMapping("{id}/revisions/")
    @RequiresScope(Scope.READ)
    Page<RevisionAnswer> revisions(
            @PathVariable("project_id") long projectId,
            @PathVariable UUID id,
            @Parameter(schema = @Schema(type = "integer", minimum = "1", maximum = "1000", defaultValue = "100"))
                    @RequestParam(required = false)
                    @Nullable
                    Integer limit,
            @RequestParam(required = false) @Nullable String cursor) {
        int size = Page.limit(limit);
        return Page.of(
                exports.revisions(projectId, id, Cursor.log(cursor), size + 1),
                size,
                revision -> Cursor.of(revision.version()),
                RevisionAnswer::of);
    }

    @Operation(
            operationId = "listIntervals",
            summary = "List expected intervals",
            description = "One entry for each interval that was to be exported, oldest first, so that a missing one"
                    + " shows. At most 10000. An interval is completed when completed runs cover all of it.")
    @GetMapping("{id}/intervals/")
    @RequiresScope(Scope.READ)
    IntervalsAnswer intervals(
            @PathVariable("project_id") long projectId,
            @PathVariable UUID id,
            @Parameter(description = "36 intervals before the end by default.")
                    @RequestParam(required = false)
                    @Nullable
                    Instant start,
            @Parameter(description = "The end of the interval that is under way by default.")
                    @RequestParam(required = false)
                    @Nullable
                    Instant end) {
        return IntervalsAnswer.of(runs.intervals(exports.find(projectId, id), start, end));
    }

    private BatchExportAnswer answer(BatchExport export) {
        return answer(new ChangedExport(export, List.of()));
    }

    private BatchExportAnswer answer(ChangedExport changed) {
        BatchExport export = changed.export();
        List<Run> latest = exports.latestRuns(List.of(export), BatchExportAnswer.LATEST_RUNS)
                .getOrDefault(export.id(), List.of());
        long late = exports.lateRows(List.of(export)).getOrDefault(export.id(), 0L);
        return BatchExportAnswer.of(export, latest, late, changed.effects(), clock.instant());
    }
}
