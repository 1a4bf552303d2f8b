package dev.batchexports.server.api;

import dev.batchexports.server.exports.Revision;
import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A version of an export's configuration as the API shows it.
@Schema(name = "Revision", description = "A version of a batch export's configuration.")
record RevisionAnswer(
        @Schema(description = "Grows with every change; a run names the one that it was created with.")
        long revision,

        Instant createdAt,

        @Schema(description = "The name of the token that made it, or Batch Exports.")
        String author,

        List<ChangeAnswer> changes,

        @Schema(description = "As a request would hold it, without secrets.")
        Object configuration) {
    RevisionAnswer {
        changes = List.copyOf(changes);
    }

    /// @param from null also for a secret
    @Schema(name = "RevisionChange")
    record ChangeAnswer(
            @Schema(description = "JSON pointer of the field.", example = "/destination/config/prefix")
            String pointer,

            @Schema(description = "The value before; null for none, and for a secret.") @Nullable
            Object from,

            @Schema(description = "The value since then; null for none, and for a secret.") @Nullable
            Object to) {}

    static RevisionAnswer of(Revision revision) {
        return new RevisionAnswer(
                revision.version(),
                revision.createdAt(),
                revision.author(),
                revision.changes().stream()
                        .map(change -> new ChangeAnswer(change.pointer(), change.from(), change.to()))
                        .toList(),
                revision.configuration());
    }
}
