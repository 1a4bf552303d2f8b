package dev.batchexports.server.api;

import dev.batchexports.core.destination.DestinationType;
import dev.batchexports.server.exports.DestinationCatalog;
import dev.batchexports.server.security.Scope;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.util.List;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/// The destination types of this installation.
@Tag(name = "Destination types")
@RestController
@RequestMapping(path = "/api/destination_types/", produces = MediaType.APPLICATION_JSON_VALUE)
class DestinationTypeRoutes {
    private final DestinationCatalog catalog;

    DestinationTypeRoutes(DestinationCatalog catalog) {
        this.catalog = catalog;
    }

    @Operation(
            operationId = "listDestinationTypes",
            summary = "List destination types",
            description = "With the parameters that each one takes.")
    @GetMapping
    @RequiresScope(Scope.READ)
    List<DestinationTypeAnswer> list() {
        return catalog.types().stream().map(DestinationTypeRoutes::answer).toList();
    }

    private static DestinationTypeAnswer answer(DestinationType<?> type) {
        return new DestinationTypeAnswer(
                type.name(),
                type.workflowType(),
                DestinationSchema.of(type),
                DestinationCatalog.secretFields(type).stream().sorted().toList());
    }
}
