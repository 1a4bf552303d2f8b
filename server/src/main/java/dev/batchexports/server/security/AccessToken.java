package dev.batchexports.server.security;

import java.time.Instant;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// A token as the database knows it: without the token itself.
///
/// @param projectId the only project that it is for; null for every project
/// @param expiresAt null for never
public record AccessToken(
        UUID id,
        String name,
        @Nullable Long projectId,
        Set<Scope> scopes,
        Instant createdAt,
        @Nullable Instant expiresAt,
        @Nullable Instant lastUsedAt) {
    public AccessToken {
        scopes = Set.copyOf(scopes);
    }

    public boolean allows(Scope scope) {
        return scopes.stream().anyMatch(own -> own.implies(scope));
    }

    /// Whether it is good for a project at all.
    public boolean allowsProject(long project) {
        return projectId == null || projectId == project;
    }
}
