package dev.batchexports.server.api;

import dev.batchexports.core.run.RunStatus;
import dev.batchexports.server.exports.BatchExport;
import dev.batchexports.server.exports.ExportService;
import dev.batchexports.server.runs.LogLevel;
import dev.batchexports.server.runs.LogLine;
import dev.batchexports.server.runs.LogStore;
import dev.batchexports.server.runs.RunFilter;
import dev.batchexports.server.runs.RunService;
import dev.batchexports.server.security.Scope;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.ArraySchema;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/// The runs of a batch export, their files and the log.
@Tag(name = "Runs")
@RestController
@RequestMapping(path = "/api/projects/{project_id}/batch_exports/{id}/", produces = MediaType.APPLICATION_JSON_VALUE)
class RunRoutes {
    private final ExportService exports;
    private final RunService runs;

    RunRoutes(ExportService exports, RunService runs) {
        this.exports = exports;
        this.runs = runs;
    }

    @Operation(operationId = "listRuns", summary = "List runs", description = "Newest interval first.")
    @GetMapping("runs/")
    @RequiresScope(Scope.READ)
    Page<RunAnswer> list(
            @PathVariable("project_id") long projectId,
            @PathVariable UUID id,
            @Parameter(
                            array =
                                    @ArraySchema(
                                            schema =
                                                    @Schema(
                                                            type = "string",
                                                            allowableValues = {
                                                                "Starting",
                                                                "Running",
                                                                "Completed",
                                                                "Failed",
                                                                "Cancelled",
                                                                "Terminated",
                                                                "TimedOut"
                                                            })))
                    @RequestParam(required = false)
                    @Nullable
                    List<String> status,
            @Parameter(description = "Only intervals that start at or after it.")
                    @RequestParam(required = false)
                    @Nullable
                    Instant start,
            @Parameter(description = "Only intervals that end at or before it.")
                    @RequestParam(required = false)
                    @Nullable
                    Instant end,
            @RequestParam(name = "backfill_id", required = false) @Nullable UUID backfillId,
            @Parameter(schema = @Schema(type = "integer", minimum = "1", maximum = "1000", defaultValue = "100"))
                    @RequestParam(required = false)
                    @Nullable
                    Integer limit,
            @RequestParam(required = false) @Nullable String cursor) {
        int size = Page.limit(limit);
        BatchExport export = exports.find(projectId, id);
        RunFilter filter = new RunFilter(
                RequestWords.all(status, "status", RunStatus.values(), RunStatus::word), start, end, backfillId);
        return Page.of(
                runs.list(export, filter, Cursor.run(cursor), size + 1),
                size,
                run -> Cursor.of(run.interval().start(), run.generation()),
                RunAnswer::of);
    }

    @Operation(operationId = "getRun", summary = "Get a run")
    @GetMapping("runs/{run}/")
    @RequiresScope(Scope.READ)
    RunAnswer get(@PathVariable("project_id") long projectId, @PathVariable UUID id, @PathVariable UUID run) {
        return RunAnswer.of(runs.find(exports.find(projectId, id), run));
    }

    @Operation(
            operationId = "retryRun",
            summary = "Retry a run",
            description = "Exports its interval again, with the current configuration, by a new run.")
    @PostMapping("runs/{run}/retry/")
    @RequiresScope(Scope.WRITE)
    @ResponseStatus(HttpStatus.CREATED)
    RunAnswer retry(@PathVariable("project_id") long projectId, @PathVariable UUID id, @PathVariable UUID run) {
        return RunAnswer.of(runs.retry(exports.find(projectId, id), run));
    }

    @Operation(
            operationId = "cancelRun",
            summary = "Cancel a run",
            description = "It stops at its next step and then shows as Cancelled.")
    @PostMapping("runs/{run}/cancel/")
    @RequiresScope(Scope.WRITE)
    RunAnswer cancel(@PathVariable("project_id") long projectId, @PathVariable UUID id, @PathVariable UUID run) {
        return RunAnswer.of(runs.cancel(exports.find(projectId, id), run));
    }

    @Operation(
            operationId = "listFilesOfRun",
            summary = "List the files of a run",
            description = "The manifest excluded.")
    @GetMapping("runs/{run}/files/")
    @RequiresScope(Scope.READ)
    Results<FileAnswer> files(
            @PathVariable("project_id") long projectId, @PathVariable UUID id, @PathVariable UUID run) {
        return new Results<>(runs.files(exports.find(projectId, id), run).stream()
                .map(FileAnswer::of)
                .toList());
    }

    @Operation(operationId = "listLogsOfRun", summary = "Read the log of a run", description = "Newest line first.")
    @GetMapping("runs/{run}/logs/")
    @RequiresScope(Scope.READ)
    Page<LogLineAnswer> logsOfRun(
            @PathVariable("project_id") long projectId,
            @PathVariable UUID id,
            @PathVariable UUID run,
            @Parameter(
                            array =
                                    @ArraySchema(
                                            schema =
                                                    @Schema(
                                                            type = "string",
                                                            allowableValues = {"DEBUG", "INFO", "WARNING", "ERROR"})))
                    @RequestParam(required = false)
                    @Nullable
                    List<String> level,
            @Parameter(description = "Part of the message, in any case.") @RequestParam(required = false) @Nullable
                    String search,
            @Parameter(description = "Only lines later than this time.") @RequestParam(required = false) @Nullable
                    Instant after,
            @Parameter(description = "Only lines earlier than this time.") @RequestParam(required = false) @Nullable
                    Instant before,
            @Parameter(schema = @Schema(type = "integer", minimum = "1", maximum = "1000", defaultValue = "100"))
                    @RequestParam(required = false)
                    @Nullable
                    Integer limit,
            @RequestParam(required = false) @Nullable String cursor) {
        BatchExport export = exports.find(projectId, id);
        return logs(export, runs.find(export, run).id(), level, search, after, before, limit, cursor);
    }

    @Operation(
            operationId = "listLogsOfBatchExport",
            summary = "Read the log of a batch export",
            description = "Newest line first.")
    @GetMapping("logs/")
    @RequiresScope(Scope.READ)
    Page<LogLineAnswer> logsOfExport(
            @PathVariable("project_id") long projectId,
            @PathVariable UUID id,
            @Parameter(
                            array =
                                    @ArraySchema(
                                            schema =
                                                    @Schema(
                                                            type = "string",
                                                            allowableValues = {"DEBUG", "INFO", "WARNING", "ERROR"})))
                    @RequestParam(required = false)
                    @Nullable
                    List<String> level,
            @Parameter(description = "Part of the message, in any case.") @RequestParam(required = false) @Nullable
                    String search,
            @Parameter(description = "Only lines later than this time.") @RequestParam(required = false) @Nullable
                    Instant after,
            @Parameter(description = "Only lines earlier than this time.") @RequestParam(required = false) @Nullable
                    Instant before,
            @Parameter(schema = @Schema(type = "integer", minimum = "1", maximum = "1000", defaultValue = "100"))
                    @RequestParam(required = false)
                    @Nullable
                    Integer limit,
            @RequestParam(required = false) @Nullable String cursor) {
        return logs(exports.find(projectId, id), null, level, search, after, before, limit, cursor);
    }

    private Page<LogLineAnswer> logs(
            BatchExport export,
            @Nullable UUID run,
            @Nullable List<String> level,
            @Nullable String search,
            @Nullable Instant after,
            @Nullable Instant before,
            @Nullable Integer limit,
            @Nullable String cursor) {
        int size = Page.limit(limit);
        List<LogLine> found = runs.logs(new LogStore.Query(
                export.id(),
                run,
                RequestWords.all(level, "level", LogLevel.values(), LogLevel::word),
                RequestWords.search(search),
                after,
                before,
                Cursor.log(cursor),
                size + 1));
        return Page.of(found, size, line -> Cursor.of(line.id()), LogLineAnswer::of);
    }
}
