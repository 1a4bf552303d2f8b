package dev.batchexports.server.api;

import dev.batchexports.server.notify.Webhook;
import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// A webhook as the API shows it: without its secret.
@Schema(name = "Webhook", description = "Where a project wants to be told of changes. The secret is never returned.")
record WebhookAnswer(
        UUID id,
        long projectId,

        @Schema(description = "The only batch export that it is for; null for every one of the project.") @Nullable
        UUID batchExportId,

        String name,
        String url,

        @Schema(description = "The types that it wants; all when empty.")
        List<String> events,

        boolean enabled,
        Instant createdAt,
        Instant lastUpdatedAt) {

    static WebhookAnswer of(Webhook webhook) {
        return new WebhookAnswer(
                webhook.id(),
                webhook.projectId(),
                webhook.exportId(),
                webhook.name(),
                webhook.url(),
                webhook.events(),
                webhook.enabled(),
                webhook.createdAt(),
                webhook.lastUpdatedAt());
    }
}
