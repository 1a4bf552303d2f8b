package dev.batchexports.server.api;

import dev.batchexports.server.exports.BatchExport;
import dev.batchexports.server.exports.CatchUp;
import dev.batchexports.server.exports.ConnectionTest;
import dev.batchexports.server.exports.ExportForm;
import dev.batchexports.server.exports.ExportService;
import dev.batchexports.server.exports.ExportStatus;
import dev.batchexports.server.exports.ModelPreview;
import dev.batchexports.server.request.InvalidRequestException;
import dev.batchexports.server.request.JsonFields;
import dev.batchexports.server.request.Violations;
import dev.batchexports.server.runs.Run;
import dev.batchexports.server.runs.RunService;
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
        Instant now = clock.instant();
        return Page.of(
                found,
                size,
                export -> Cursor.of(export.createdAt(), export.id()),
                export -> BatchExportAnswer.of(export, latest.getOrDefault(export.id(), List.of()), now));
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
                    JsonNode body) {
        BatchExport export = exports.create(projectId, body);
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
                    + " parameter by itself replaces the export's, so that absent secrets are kept; null removes one.")
    @PatchMapping(path = "{id}/", consumes = MediaType.APPLICATION_JSON_VALUE)
    @RequiresScope(Scope.WRITE)
    BatchExportAnswer change(
            @PathVariable("project_id") long projectId,
            @PathVariable UUID id,
            @io.swagger.v3.oas.annotations.parameters.RequestBody(
                            content = @Content(schema = @Schema(ref = "#/components/schemas/BatchExportChange")))
                    @RequestBody
                    JsonNode body) {
        return answer(exports.change(projectId, id, body));
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
    BatchExportAnswer pause(@PathVariable("project_id") long projectId, @PathVariable UUID id) {
        return answer(exports.pause(projectId, id));
    }

    @Operation(operationId = "unpauseBatchExport", summary = "Unpause a batch export")
    @PostMapping(path = "{id}/unpause/", consumes = MediaType.APPLICATION_JSON_VALUE)
    @RequiresScope(Scope.WRITE)
    BatchExportAnswer unpause(
            @PathVariable("project_id") long projectId,
            @PathVariable UUID id,
            @io.swagger.v3.oas.annotations.parameters.RequestBody(
                            content = @Content(schema = @Schema(implementation = UnpauseForm.class)))
                    @RequestBody(required = false)
                    @Nullable
                    JsonNode body) {
        CatchUp catchUp = CatchUp.NOTHING;
        if (body != null) {
            Violations violations = new Violations();
            ObjectNode form = JsonFields.wellFormed(body, UnpauseForm.class, "", violations);
            violations.orThrow();
            catchUp = form.path("backfill").asBoolean(false) ? CatchUp.MISSED_INTERVALS : CatchUp.NOTHING;
        }
        return answer(exports.unpause(projectId, id, catchUp));
    }

    @Operation(
            operationId = "previewSchedule",
            summary = "Preview the schedule",
            description = "The next intervals, soonest first; none while the export is paused or ended.")
    @GetMapping("{id}/schedule/")
    @RequiresScope(Scope.READ)
    Results<ScheduledIntervalAnswer> schedule(
            @PathVariable("project_id") long projectId,
            @PathVariable UUID id,
            @Parameter(schema = @Schema(type = "integer", minimum = "1", maximum = "100", defaultValue = "5"))
                    @RequestParam(required = false)
                    @Nullable
                    Integer count) {
        int wanted = count == null ? DEFAULT_PREVIEW : count;
        if (wanted < 1 || wanted > MAXIMUM_PREVIEW) {
            throw new InvalidRequestException("/count", "must be 1 to " + MAXIMUM_PREVIEW);
        }
        return new Results<>(exports.upcoming(projectId, id, wanted).stream()
                .map(ScheduledIntervalAnswer::of)
                .toList());
    }

    @Operation(
            operationId = "listIntervals",
            summary = "List expected intervals",
            description = "One entry for each interval that was to be exported, oldest first, so that a missing one"
                    + " shows. At most 10000.")
    @GetMapping("{id}/intervals/")
    @RequiresScope(Scope.READ)
    Results<IntervalAnswer> intervals(
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
        return new Results<>(runs.intervals(exports.find(projectId, id), start, end).stream()
                .map(IntervalAnswer::of)
                .toList());
    }

    private BatchExportAnswer answer(BatchExport export) {
        List<Run> latest = exports.latestRuns(List.of(export), BatchExportAnswer.LATEST_RUNS)
                .getOrDefault(export.id(), List.of());
        return BatchExportAnswer.of(export, latest, clock.instant());
    }
}
