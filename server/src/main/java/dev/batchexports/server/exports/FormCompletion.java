package dev.batchexports.server.exports;

import dev.batchexports.server.request.InvalidRequestException;
import java.util.UUID;
import org.springframework.stereotype.Component;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Takes what a form that is only tried out leaves open from the stored export that it names.
@Component
class FormCompletion {
    private final ExportStore exports;
    private final DestinationCatalog catalog;

    FormCompletion(ExportStore exports, DestinationCatalog catalog) {
        this.exports = exports;
        this.catalog = catalog;
    }

    /// @param body a batch export, unfinished perhaps; with the `id` of one of the project, what is absent
    ///     is taken from that one, secrets included
    JsonNode complete(long projectId, JsonNode body) {
        if (!(body instanceof ObjectNode fields)) {
            return body;
        }
        JsonNode id = fields.path("id");
        if (id.isMissingNode() || id.isNull()) {
            return body;
        }
        BatchExport export = find(projectId, id);
        return ExportChange.apply(export, catalog.unseal(export.id(), export.destination()), body);
    }

    private BatchExport find(long projectId, JsonNode id) {
        InvalidRequestException unknown =
                new InvalidRequestException("/id", "must be the id of a batch export of this project");
        try {
            return exports.find(projectId, UUID.fromString(id.asString(""))).orElseThrow(() -> unknown);
        } catch (IllegalArgumentException e) {
            throw unknown;
        }
    }
}
