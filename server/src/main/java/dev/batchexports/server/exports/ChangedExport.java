package dev.batchexports.server.exports;

import java.util.List;

/// An export after a change.
///
/// @param effects what the change means for what was exported before and for what comes, in sentences
public record ChangedExport(BatchExport export, List<String> effects) {
    public ChangedExport {
        effects = List.copyOf(effects);
    }
}
