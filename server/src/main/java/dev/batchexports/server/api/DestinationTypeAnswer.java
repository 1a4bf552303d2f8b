package dev.batchexports.server.api;

import io.swagger.v3.oas.annotations.media.Schema;
import java.util.List;
import java.util.Map;

/// A destination type as the API shows it.
@Schema(name = "DestinationType")
record DestinationTypeAnswer(
        @Schema(example = "S3") String type,
        @Schema(example = "s3-export") String workflowType,

        @Schema(description = "JSON Schema (2020-12) of destination.config.")
        Map<String, Object> configSchema,

        @Schema(description = "Parameters that are stored encrypted and never answered.")
        List<String> secretFields) {
    DestinationTypeAnswer {
        secretFields = List.copyOf(secretFields);
    }
}
