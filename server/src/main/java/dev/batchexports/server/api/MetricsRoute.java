package dev.batchexports.server.api;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/// Metrics for Prometheus, without a token: they name no project, no export and no address.
@Tag(name = "Health")
@RestController
class MetricsRoute {
    private static final MediaType TEXT = MediaType.parseMediaType("text/plain;version=0.0.4;charset=utf-8");

    private final PrometheusMeterRegistry registry;
    private final RunMetrics runs;

    MetricsRoute(PrometheusMeterRegistry registry, RunMetrics runs) {
        this.registry = registry;
        this.runs = runs;
    }

    @Operation(operationId = "getMetrics", summary = "Metrics in the text format of Prometheus")
    @ApiResponse(
            responseCode = "200",
            description = "The metrics of this process",
            content = @Content(mediaType = "text/plain", schema = @Schema(type = "string")))
    @GetMapping(PublicPaths.METRICS)
    ResponseEntity<String> metrics() {
        runs.refresh();
        return ResponseEntity.ok().contentType(TEXT).body(registry.scrape());
    }
}
