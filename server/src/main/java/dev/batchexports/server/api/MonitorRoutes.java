package dev.batchexports.server.api;

import dev.batchexports.server.exports.BatchExport;
import dev.batchexports.server.exports.ExportService;
import dev.batchexports.server.monitor.MonitorService;
import dev.batchexports.server.runs.Run;
import dev.batchexports.server.runs.RunService;
import dev.batchexports.server.security.Scope;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/// How exports and runs fare: what the web UI shows beyond the things themselves.
@Tag(name = "Monitoring")
@RestController
@RequestMapping(path = "/api/projects/{project_id}/", produces = MediaType.APPLICATION_JSON_VALUE)
class MonitorRoutes {
    private final ExportService exports;
    private final RunService runs;
    private final MonitorService monitor;

    MonitorRoutes(ExportService exports, RunService runs, MonitorService monitor) {
        this.exports = exports;
        this.runs = runs;
        this.monitor = monitor;
    }

    @Operation(
            operationId = "getOverview",
            summary = "All batch exports at a glance",
            description = "Health, latest intervals, freshness and figures of every batch export.")
    @GetMapping("overview/")
    @RequiresScope(Scope.READ)
    OverviewAnswer overview(@PathVariable("project_id") long projectId) {
        return OverviewAnswer.of(monitor.overview(projectId));
    }

    @Operation(
            operationId = "listMetrics",
            summary = "What intervals took",
            description = "Of the latest completed run of each interval, oldest first; the newest 5000.")
    @GetMapping("batch_exports/{id}/metrics/")
    @RequiresScope(Scope.READ)
    Results<MetricAnswer> metrics(
            @PathVariable("project_id") long projectId,
            @PathVariable UUID id,
            @Parameter(description = "14 days before the end by default.") @RequestParam(required = false) @Nullable
                    Instant start,
            @Parameter(description = "Now by default.") @RequestParam(required = false) @Nullable Instant end) {
        return new Results<>(monitor.metrics(exports.find(projectId, id), start, end).stream()
                .map(MetricAnswer::of)
                .toList());
    }

    @Operation(operationId = "getTimelineOfRun", summary = "What a run did when")
    @GetMapping("batch_exports/{id}/runs/{run}/timeline/")
    @RequiresScope(Scope.READ)
    TimelineAnswer timeline(@PathVariable("project_id") long projectId, @PathVariable UUID id, @PathVariable UUID run) {
        BatchExport export = exports.find(projectId, id);
        Run found = runs.find(export, run);
        return new TimelineAnswer(
                monitor.attempts(found).stream()
                        .map(TimelineAnswer.AttemptAnswer::of)
                        .toList(),
                monitor.slices(found).stream()
                        .map(TimelineAnswer.SliceAnswer::of)
                        .toList());
    }
}
