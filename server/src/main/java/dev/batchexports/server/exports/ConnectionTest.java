package dev.batchexports.server.exports;

import dev.batchexports.core.destination.Destination;
import dev.batchexports.core.destination.DestinationLimits;
import dev.batchexports.core.destination.DestinationType;
import dev.batchexports.core.destination.TestStep;
import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.interval.Frequency;
import dev.batchexports.core.interval.IntervalGrid;
import dev.batchexports.core.source.Encoding;
import dev.batchexports.core.source.QueryTag;
import dev.batchexports.core.source.RowSelection;
import dev.batchexports.core.source.SliceLimits;
import dev.batchexports.core.source.Source;
import dev.batchexports.server.exports.ExportRules.Connection;
import dev.batchexports.server.request.InvalidRequestException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.UUID;
import org.springframework.stereotype.Service;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Tries a batch export out: whether its model can be read and its destination written. Stores nothing.
@Service
public class ConnectionTest {
    private static final String READ_MODEL = "read_model";
    private static final String OPEN = "open";
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(20);
    private static final SliceLimits ONE_SLICE = new SliceLimits(Long.MAX_VALUE, OptionalLong.empty(), 1);

    private final ExportStore exports;
    private final ExportRules rules;
    private final DestinationCatalog catalog;
    private final Source source;
    private final Clock clock;

    public ConnectionTest(
            ExportStore exports, ExportRules rules, DestinationCatalog catalog, Source source, Clock clock) {
        this.exports = exports;
        this.rules = rules;
        this.catalog = catalog;
        this.source = source;
        this.clock = clock;
    }

    /// @param body a batch export, unfinished perhaps; with the `id` of one of the project, what is absent
    ///     is taken from that one, secrets included
    /// @throws InvalidRequestException when the model or the destination cannot even be tried
    public List<TestStep> run(long projectId, JsonNode body) {
        Connection connection = rules.checkConnection(complete(projectId, body), projectId);
        List<TestStep> steps = new ArrayList<>();
        DestinationType<?> type = connection.destinationType();
        DestinationLimits limits =
                new DestinationLimits(DestinationLimits.standard().bufferBytes(), REQUEST_TIMEOUT);
        try (Destination destination = catalog.open(type, connection.config(), limits)) {
            steps.add(readModel(connection, projectId, destination.encoding()));
            steps.addAll(destination.connectionTest());
        } catch (ExportException e) {
            steps.add(failed(OPEN, "Open the " + type.name() + " destination", e));
        }
        return steps;
    }

    private JsonNode complete(long projectId, JsonNode body) {
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

    /// Plans the last whole hour: that needs the relation, its columns and its landing time.
    private TestStep readModel(Connection connection, long projectId, Encoding encoding) {
        String description = "Read the model " + connection.model().name() + " from ClickHouse";
        IntervalGrid hours = IntervalGrid.of(new Frequency.Hour());
        RowSelection selection = new RowSelection(
                connection.model(),
                projectId,
                hours.endingAt(hours.floor(clock.instant())),
                connection.includeEvents(),
                connection.excludeEvents());
        try {
            source.plan(selection, encoding, ONE_SLICE, new QueryTag(UUID.randomUUID(), "test", 1));
            return TestStep.passed(READ_MODEL, description);
        } catch (ExportException e) {
            return failed(READ_MODEL, description, e);
        }
    }

    private static TestStep failed(String name, String description, ExportException failure) {
        return TestStep.failed(name, description, failure.sentence(), failure.fix());
    }
}
