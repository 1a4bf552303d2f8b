package dev.batchexports.server.security;

import java.util.Optional;

/// What a token allows.
public enum Scope {
    READ("batch_export:read"),
    /// Reading too.
    WRITE("batch_export:write"),
    /// Everything.
    ADMIN("admin");

    private final String word;

    Scope(String word) {
        this.word = word;
    }

    /// As it stands in the API and in the database.
    public String word() {
        return word;
    }

    /// Whether whoever has this scope may do what another scope allows.
    public boolean implies(Scope other) {
        return switch (this) {
            case READ -> other == READ;
            case WRITE -> other != ADMIN;
            case ADMIN -> true;
        };
    }

    public static Optional<Scope> of(String word) {
        for (Scope scope : values()) {
            if (scope.word.equals(word)) {
                return Optional.of(scope);
            }
        }
        return Optional.empty();
    }
}
