package dev.batchexports.server.api;

import dev.batchexports.core.error.ErrorKind;
import dev.batchexports.core.error.ExportException;
import dev.batchexports.server.backfills.Backfill;
import dev.batchexports.server.backfills.BackfillForm;
import dev.batchexports.server.backfills.BackfillPlan;
import dev.batchexports.server.backfills.BackfillService;
import dev.batchexports.server.exports.BatchExport;
import dev.batchexports.server.exports.ExportService;
import dev.batchexports.server.request.InvalidRequestException;
import dev.batchexports.server.request.JsonFields;
import dev.batchexports.server.request.Violations;
import dev.batchexports.server.security.Scope;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.time.Clock;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The backfills of a batch export.
@Tag(name = "Backfills")
@RestController
@RequestMapping(
        path = "/api/projects/{project_id}/batch_exports/{id}/backfills/",
        produces = MediaType.APPLICATION_JSON_VALUE)
class BackfillRoutes {
    private final ExportService exports;
    private final BackfillService backfills;
    private final JsonMapper json;
    private final Clock clock;

    BackfillRoutes(ExportService exports, BackfillService backfills, JsonMapper json, Clock clock) {
        this.exports = exports;
        this.backfills = backfills;
        this.json = json;
        this.clock = clock;
    }

    @Operation(operationId = "listBackfills", summary = "List backfills", description = "Newest first.")
    @GetMapping
    @RequiresScope(Scope.READ)
    Page<BackfillAnswer> list(
            @PathVariable("project_id") long projectId,
            @PathVariable UUID id,
            @Parameter(schema = @Schema(type = "integer", minimum = "1", maximum = "1000", defaultValue = "100"))
                    @RequestParam(required = false)
                    @Nullable
                    Integer limit,
            @RequestParam(required = false) @Nullable String cursor) {
        int size = Page.limit(limit);
        List<Backfill> found = backfills.list(exports.find(projectId, id), Cursor.backfill(cursor), size + 1);
        return Page.of(found, size, backfill -> Cursor.of(backfill.createdAt(), backfill.id()), this::answer);
    }

    @Operation(operationId = "createBackfill", summary = "Create a backfill", description = "Its runs start at once.")
    @PostMapping(consumes = MediaType.APPLICATION_JSON_VALUE)
    @RequiresScope(Scope.WRITE)
    @ResponseStatus(HttpStatus.CREATED)
    BackfillAnswer create(
            @PathVariable("project_id") long projectId,
            @PathVariable UUID id,
            @io.swagger.v3.oas.annotations.parameters.RequestBody(
                            content = @Content(schema = @Schema(implementation = BackfillForm.class)))
                    @RequestBody
                    JsonNode body) {
        BatchExport export = exports.find(projectId, id);
        Violations violations = new Violations();
        return answer(backfills.create(export, form(body, violations), violations));
    }

    @Operation(
            operationId = "planBackfill",
            summary = "Plan a backfill",
            description = "What it would do, without doing it.")
    @PostMapping(path = "plan/", consumes = MediaType.APPLICATION_JSON_VALUE)
    @RequiresScope(Scope.READ)
    BackfillPlan plan(
            @PathVariable("project_id") long projectId,
            @PathVariable UUID id,
            @io.swagger.v3.oas.annotations.parameters.RequestBody(
                            content = @Content(schema = @Schema(implementation = BackfillForm.class)))
                    @RequestBody
                    JsonNode body) {
        BatchExport export = exports.find(projectId, id);
        Violations violations = new Violations();
        try {
            return backfills.plan(export, form(body, violations), violations);
        } catch (ExportException e) {
            throw e.kind() == ErrorKind.USER
                    ? new InvalidRequestException("/model", (e.sentence() + " " + e.fix()).strip())
                    : e;
        }
    }

    @Operation(operationId = "getBackfill", summary = "Get a backfill")
    @GetMapping("{backfill}/")
    @RequiresScope(Scope.READ)
    BackfillAnswer get(@PathVariable("project_id") long projectId, @PathVariable UUID id, @PathVariable UUID backfill) {
        return answer(backfills.find(exports.find(projectId, id), backfill));
    }

    @Operation(
            operationId = "cancelBackfill",
            summary = "Cancel a backfill",
            description = "With the runs that it has started.")
    @PostMapping("{backfill}/cancel/")
    @RequiresScope(Scope.WRITE)
    BackfillAnswer cancel(
            @PathVariable("project_id") long projectId, @PathVariable UUID id, @PathVariable UUID backfill) {
        return answer(backfills.cancel(exports.find(projectId, id), backfill));
    }

    @Operation(
            operationId = "pauseBackfill",
            summary = "Pause a backfill",
            description = "What runs goes on; no further run starts.")
    @PostMapping("{backfill}/pause/")
    @RequiresScope(Scope.WRITE)
    BackfillAnswer pause(
            @PathVariable("project_id") long projectId, @PathVariable UUID id, @PathVariable UUID backfill) {
        return answer(backfills.pause(exports.find(projectId, id), backfill));
    }

    @Operation(operationId = "resumeBackfill", summary = "Resume a backfill")
    @PostMapping("{backfill}/resume/")
    @RequiresScope(Scope.WRITE)
    BackfillAnswer resume(
            @PathVariable("project_id") long projectId, @PathVariable UUID id, @PathVariable UUID backfill) {
        return answer(backfills.resume(exports.find(projectId, id), backfill));
    }

    @Operation(
            operationId = "rerunFailedRuns",
            summary = "Run the failed runs of a backfill again",
            description = "By a new backfill over those intervals of a finished one whose latest run did not complete.")
    @PostMapping("{backfill}/rerun_failed/")
    @RequiresScope(Scope.WRITE)
    @ResponseStatus(HttpStatus.CREATED)
    BackfillAnswer rerunFailed(
            @PathVariable("project_id") long projectId, @PathVariable UUID id, @PathVariable UUID backfill) {
        return answer(backfills.rerunFailed(exports.find(projectId, id), backfill));
    }

    private BackfillAnswer answer(Backfill backfill) {
        return BackfillAnswer.of(backfill, clock.instant());
    }

    private BackfillForm form(JsonNode body, Violations violations) {
        return json.treeToValue(JsonFields.wellFormed(body, BackfillForm.class, "", violations), BackfillForm.class);
    }
}
