package dev.batchexports.server.api;

import dev.batchexports.server.health.Readiness;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.util.Map;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/// Health, for load balancers and whoever waits for the server; without a token.
@Tag(name = "Health")
@RestController
@RequestMapping(path = "/api/health", produces = MediaType.APPLICATION_JSON_VALUE)
class HealthRoutes {
    private final Readiness readiness;

    HealthRoutes(Readiness readiness) {
        this.readiness = readiness;
    }

    @Operation(operationId = "isAlive", summary = "Whether this process is alive")
    @GetMapping("/live")
    HealthAnswer live() {
        return new HealthAnswer(HealthAnswer.OK, Map.of());
    }

    @Operation(
            operationId = "isReady",
            summary = "Whether this process can do its work",
            description = "Names each dependency: the metadata database, Temporal, ClickHouse and the workers.")
    @ApiResponse(responseCode = "200", description = "Everything is there")
    @ApiResponse(
            responseCode = "503",
            description = "Something is missing",
            content = @Content(schema = @Schema(implementation = HealthAnswer.class)))
    @GetMapping("/ready")
    ResponseEntity<HealthAnswer> ready() {
        Readiness.Outcome outcome = readiness.outcome();
        return ResponseEntity.status(outcome.isReady() ? HttpStatus.OK : HttpStatus.SERVICE_UNAVAILABLE)
                .body(HealthAnswer.of(outcome));
    }
}
