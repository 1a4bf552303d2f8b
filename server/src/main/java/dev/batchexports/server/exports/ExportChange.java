package dev.batchexports.server.exports;

import dev.batchexports.core.interval.Frequency;
import dev.batchexports.core.interval.IntervalGrid;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Lays a change over an export: the outcome is the form that would create the changed export, to be
/// validated like any other.
///
/// A field replaces the export's; null takes it back to its default. Of `destination.config` each
/// parameter by itself replaces the export's, so that absent secrets are kept; null removes one. The
/// configuration of another destination type replaces the whole.
final class ExportChange {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private ExportChange() {}

    /// @param config the export's, complete, secrets included
    static JsonNode apply(BatchExport export, Map<String, Object> config, JsonNode change) {
        if (!(change instanceof ObjectNode fields)) {
            return change;
        }
        ObjectNode form = formOf(export, config);
        JsonNode destination = form.path("destination");
        for (Map.Entry<String, JsonNode> field : fields.properties()) {
            form.set(field.getKey(), field.getValue());
        }
        if (fields.get("destination") instanceof ObjectNode changed && destination instanceof ObjectNode current) {
            form.set("destination", destination(current, changed));
        }
        dropOffsets(form, fields);
        return form;
    }

    private static ObjectNode destination(ObjectNode current, ObjectNode change) {
        ObjectNode merged = change.deepCopy();
        JsonNode type = change.path("type");
        if (!type.isMissingNode() && !type.equals(current.path("type"))) {
            return merged;
        }
        merged.set("type", current.path("type"));
        if (!change.has("config")) {
            merged.set("config", current.path("config"));
        } else if (change.get("config") instanceof ObjectNode config
                && current.path("config").deepCopy() instanceof ObjectNode complete) {
            complete.setAll(config);
            merged.set("config", complete);
        }
        return merged;
    }

    /// Offsets that the new interval does not take fall away with the old interval.
    private static void dropOffsets(ObjectNode form, ObjectNode change) {
        JsonNode interval = change.path("interval");
        if (!interval.isString()) {
            return;
        }
        Frequency frequency;
        try {
            frequency = Frequency.parse(interval.stringValue());
        } catch (IllegalArgumentException e) {
            return;
        }
        if (!change.has("offset_hour") && !ExportRules.takesOffsetHour(frequency)) {
            form.remove("offset_hour");
        }
        if (!change.has("offset_day") && !ExportRules.takesOffsetDay(frequency)) {
            form.remove("offset_day");
        }
    }

    /// The form that would create an export.
    ///
    /// @param config the parameters of its destination, with or without secrets
    static ObjectNode formOf(BatchExport export, Map<String, Object> config) {
        ObjectNode form = JSON.createObjectNode();
        form.put("name", export.name());
        form.set("model", JSON.valueToTree(ModelForm.describe(export.model())));
        ObjectNode destination = form.putObject("destination");
        destination.put("type", export.destination().type());
        destination.set("config", JSON.valueToTree(config));
        IntervalGrid grid = export.grid();
        form.put("interval", grid.frequency().toString());
        form.put("timezone", grid.zone().getId());
        form.put("offset_hour", grid.offsetHour());
        form.put("offset_day", grid.offsetDay());
        form.set("include_events", JSON.valueToTree(export.includeEvents()));
        form.set("exclude_events", JSON.valueToTree(export.excludeEvents()));
        form.set("filters", JSON.valueToTree(FilterForm.describe(export.filters())));
        form.put("paused", export.paused());
        if (export.startAt() != null) {
            form.put("start_at", export.startAt().toString());
        }
        if (export.endAt() != null) {
            form.put("end_at", export.endAt().toString());
        }
        form.put("rerun_mode", export.rerunMode().word());
        form.put("late_rows", export.lateRows().word());
        form.put("settle_seconds", export.settle().toSeconds());
        form.put("give_up_after_seconds", export.giveUpAfter().toSeconds());
        form.put("pause_after_failures", export.pauseAfterFailures());
        return form;
    }
}
