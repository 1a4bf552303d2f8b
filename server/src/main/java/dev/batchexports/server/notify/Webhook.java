package dev.batchexports.server.notify;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Where a project wants to be told of changes.
///
/// @param exportId the only export that it is for; null for every export of the project
/// @param sealedSecret what messages are signed with, encrypted
/// @param events words of the types that it wants; empty for all
/// @param enabled whether it is told anything new
public record Webhook(
        UUID id,
        long projectId,
        @Nullable UUID exportId,
        String name,
        String url,
        String sealedSecret,
        List<String> events,
        boolean enabled,
        Instant createdAt,
        Instant lastUpdatedAt) {
    public Webhook {
        events = List.copyOf(events);
    }

    @Override
    public String toString() {
        return "Webhook[" + id + "]";
    }
}
