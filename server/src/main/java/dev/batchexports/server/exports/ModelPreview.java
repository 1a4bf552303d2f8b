package dev.batchexports.server.exports;

import dev.batchexports.core.error.ErrorKind;
import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.interval.Frequency;
import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.interval.IntervalGrid;
import dev.batchexports.core.source.QueryTag;
import dev.batchexports.core.source.RowSelection;
import dev.batchexports.server.request.InvalidRequestException;
import dev.batchexports.server.request.Violation;
import dev.batchexports.source.clickhouse.ClickHouseSource;
import dev.batchexports.source.clickhouse.ModelProblem;
import dev.batchexports.source.clickhouse.Preview;
import dev.batchexports.source.clickhouse.ReadAdvice;
import java.time.Clock;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;
import org.springframework.stereotype.Service;
import tools.jackson.databind.JsonNode;

/// Holds models and filters against what ClickHouse has: whether they can be exported, and some rows.
@Service
public class ModelPreview {
    private static final int ROWS = 10;

    private final ExportRules rules;
    private final FormCompletion completion;
    private final ClickHouseSource source;
    private final InstantSource clock;

    public ModelPreview(ExportRules rules, FormCompletion completion, ClickHouseSource source, Clock clock) {
        this.rules = rules;
        this.completion = completion;
        this.source = source;
        this.clock = clock;
    }

    /// Ten rows, as they would be exported.
    ///
    /// @param body a batch export, unfinished perhaps, as [FormCompletion] takes it
    /// @throws InvalidRequestException when the model does not fit what ClickHouse has
    public Preview show(long projectId, JsonNode body) {
        JsonNode form = completion.complete(projectId, body);
        RowSelection selection = rules.checkSelection(form, projectId, lastHour());
        check(selection, form);
        try {
            return source.preview(selection, ROWS, tag("preview"));
        } catch (ExportException failure) {
            if (failure.code().equals("Timeout")) {
                throw ExportException.user(
                        "PreviewTooSlow",
                        "No rows were found within 10 seconds.",
                        "Order or partition the table by its landing time: see docs/clickhouse-tables.md.");
            }
            throw failure;
        }
    }

    /// How much ClickHouse reads for the last whole hour.
    ///
    /// @param body a batch export, unfinished perhaps, as [FormCompletion] takes it
    /// @throws InvalidRequestException when the model does not fit what ClickHouse has
    public ReadAdvice readAdvice(long projectId, JsonNode body) {
        JsonNode form = completion.complete(projectId, body);
        RowSelection selection = rules.checkSelection(form, projectId, lastHour());
        check(selection, form);
        return source.readAdvice(selection, tag("advice"));
    }

    /// @param form the batch export that the selection was read from
    /// @throws InvalidRequestException naming everything that does not fit what ClickHouse has
    /// @throws ExportException when ClickHouse cannot say
    void check(RowSelection selection, JsonNode form) {
        List<ModelProblem> problems;
        try {
            problems = source.problems(selection, tag("check"));
        } catch (ExportException failure) {
            // Whatever it is, not the one who asks can mend it.
            throw new ExportException(failure.code(), ErrorKind.TRANSIENT, failure.sentence(), failure.fix(), failure);
        }
        if (!problems.isEmpty()) {
            throw new InvalidRequestException(problems.stream()
                    .map(problem -> new Violation(
                            pointer(problem.pointer(), form),
                            problem.error().sentence() + " " + problem.error().fix()))
                    .toList());
        }
    }

    /// For a check that needs no rows.
    Interval lastHour() {
        IntervalGrid hours = IntervalGrid.of(new Frequency.Hour());
        return hours.endingAt(hours.floor(clock.instant()));
    }

    /// A model that is a word has no parts, and a column that is a word has none either.
    private static String pointer(String pointer, JsonNode form) {
        String path = pointer;
        while (path.startsWith("/model/") && !path.equals("/model/landing_time_column") && isMissing(form, path)) {
            path = path.substring(0, path.lastIndexOf('/'));
        }
        return form.path("model").isString() && path.startsWith("/model") ? "/model" : path;
    }

    private static boolean isMissing(JsonNode form, String pointer) {
        return form.at(pointer).isMissingNode();
    }

    private static QueryTag tag(String purpose) {
        return new QueryTag(UUID.randomUUID(), purpose, 1);
    }
}
