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
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.springframework.stereotype.Service;
import tools.jackson.databind.JsonNode;

/// Tries a batch export out: whether its model can be read and its destination written. Stores nothing.
@Service
public class ConnectionTest {
    private static final String READ_MODEL = "read_model";
    private static final String OPEN = "open";
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(20);
    private final ExportRules rules;
    private final FormCompletion completion;
    private final DestinationCatalog catalog;
    private final Source source;
    private final Clock clock;

    public ConnectionTest(
            ExportRules rules, FormCompletion completion, DestinationCatalog catalog, Source source, Clock clock) {
        this.rules = rules;
        this.completion = completion;
        this.catalog = catalog;
        this.source = source;
        this.clock = clock;
    }

    /// @param body a batch export, unfinished perhaps, as [FormCompletion] takes it
    /// @throws dev.batchexports.server.request.InvalidRequestException when the model or the destination
    ///     cannot even be tried
    public List<TestStep> run(long projectId, JsonNode body) {
        Connection connection = rules.checkConnection(completion.complete(projectId, body), projectId);
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

    /// Plans the last whole hour: that needs the relation, its columns and its landing time.
    private TestStep readModel(Connection connection, long projectId, Encoding encoding) {
        String description = "Read the model " + connection.model().name() + " from ClickHouse";
        IntervalGrid hours = IntervalGrid.of(new Frequency.Hour());
        RowSelection selection = new RowSelection(
                connection.model(),
                projectId,
                hours.endingAt(hours.floor(clock.instant())),
                connection.includeEvents(),
                connection.excludeEvents(),
                connection.filters());
        try {
            source.plan(selection, encoding, SliceLimits.ONE_SLICE, new QueryTag(UUID.randomUUID(), "test", 1));
            return TestStep.passed(READ_MODEL, description);
        } catch (ExportException e) {
            return failed(READ_MODEL, description, e);
        }
    }

    private static TestStep failed(String name, String description, ExportException failure) {
        return TestStep.failed(name, description, failure.sentence(), failure.fix());
    }
}
