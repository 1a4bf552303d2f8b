package dev.batchexports.core.source;

import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.model.Model;
import java.util.List;

/// The rows of one run: those of a model that belong to the project, landed within the interval and pass
/// the filters.
///
/// @param projectId the tenant: bound to the model's tenant column (`team_id`) wherever the relation has
///     one
/// @param includeEvents event names to keep; empty keeps all
/// @param excludeEvents event names to leave out
/// @param filters conditions that every row meets
public record RowSelection(
        Model model,
        long projectId,
        Interval interval,
        List<String> includeEvents,
        List<String> excludeEvents,
        List<PropertyFilter> filters) {
    public RowSelection {
        includeEvents = List.copyOf(includeEvents);
        excludeEvents = List.copyOf(excludeEvents);
        filters = List.copyOf(filters);
    }

    /// The same rows of another interval.
    public RowSelection within(Interval other) {
        return new RowSelection(model, projectId, other, includeEvents, excludeEvents, filters);
    }
}
