package dev.batchexports.server.api;

import dev.batchexports.server.security.AccessToken;
import dev.batchexports.server.security.Scope;
import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Who is signed in, as the API shows it.
@Schema(name = "Session", description = "The token that requests are made with, and what it allows.")
record SessionAnswer(
        @Schema(description = "Of the token.") String name,

        @Schema(description = "The only project that it is for; null for every project.") @Nullable
        Long projectId,

        List<String> scopes,

        @Schema(description = "When the token expires; null for never.") @Nullable
        Instant expiresAt,

        @Schema(description = "Whether it may change anything.")
        boolean mayWrite) {
    static SessionAnswer of(AccessToken token) {
        return new SessionAnswer(
                token.name(),
                token.projectId(),
                token.scopes().stream().map(Scope::word).sorted().toList(),
                token.expiresAt(),
                token.allows(Scope.WRITE));
    }
}
