package dev.batchexports.server.api;

import dev.batchexports.server.security.AccessToken;
import dev.batchexports.server.security.IssuedToken;
import dev.batchexports.server.security.Scope;
import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// A token as the API shows it.
@Schema(name = "Token", description = "A token of the API, without the token itself.")
record TokenAnswer(
        UUID id,
        String name,

        @Schema(description = "The only project that it is for; null for every project.") @Nullable
        Long projectId,

        List<String> scopes,

        Instant createdAt,

        @Schema(description = "Null for never.") @Nullable Instant expiresAt,

        @Schema(description = "To the minute.") @Nullable Instant lastUsedAt) {

    static TokenAnswer of(AccessToken token) {
        return new TokenAnswer(
                token.id(),
                token.name(),
                token.projectId(),
                words(token),
                token.createdAt(),
                token.expiresAt(),
                token.lastUsedAt());
    }

    private static List<String> words(AccessToken token) {
        return token.scopes().stream().map(Scope::word).sorted().toList();
    }

    /// A token that was just issued.
    @Schema(name = "IssuedToken", description = "A token at the only moment when it is shown.")
    record Issued(
            UUID id,
            String name,
            @Nullable Long projectId,
            List<String> scopes,
            Instant createdAt,
            @Nullable Instant expiresAt,

            @Schema(description = "The token itself: keep it, nobody can ask for it again.")
            String token) {

        static Issued of(IssuedToken issued) {
            AccessToken token = issued.token();
            return new Issued(
                    token.id(),
                    token.name(),
                    token.projectId(),
                    words(token),
                    token.createdAt(),
                    token.expiresAt(),
                    issued.secret());
        }

        @Override
        public String toString() {
            return "Issued[" + id + "]";
        }
    }
}
