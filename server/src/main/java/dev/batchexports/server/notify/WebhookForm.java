package dev.batchexports.server.notify;

import io.swagger.v3.oas.annotations.media.Schema;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// A webhook as a request holds it: nothing is validated yet but the types of its fields.
@Schema(
        name = "WebhookRequest",
        description = "Where to tell of changes. Fields that only answers have are accepted and ignored.")
public record WebhookForm(
        @Schema(description = "How people call it; empty by default.", maxLength = WebhookForm.NAME_LENGTH) @Nullable
        String name,

        @Schema(
                description = "Receives POST requests; https, or http.",
                example = "https://hooks.example.com/batch-exports",
                requiredMode = Schema.RequiredMode.REQUIRED)
        @Nullable
        String url,

        @Schema(
                description =
                        "What messages are signed with: whsec_ and 24 to 64 random bytes in Base64. Never returned;"
                                + " a change without it keeps it.",
                requiredMode = Schema.RequiredMode.REQUIRED)
        @Nullable
        String secret,

        @Schema(description = "The only batch export that it is for; null for every one of the project.") @Nullable
        UUID batchExportId,

        @Schema(description = "The types that it wants; all when empty.") @Nullable
        List<String> events,

        @Schema(description = "Whether it is told anything; true by default.") @Nullable
        Boolean enabled) {

    static final int NAME_LENGTH = 255;

    /// Fields that only answers have.
    static final Set<String> READ_ONLY = Set.of("id", "project_id", "created_at", "last_updated_at");

    @Override
    public String toString() {
        return "WebhookForm[***]";
    }
}
