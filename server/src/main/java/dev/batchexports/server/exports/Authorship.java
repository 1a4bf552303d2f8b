package dev.batchexports.server.exports;

import java.util.List;

/// Who makes a version of an export, and what of it cannot be shown.
///
/// @param author the name of a token, or [#SYSTEM]
/// @param secretsChanged JSON pointers of the secrets that it changes
public record Authorship(String author, List<String> secretsChanged) {
    public static final String SYSTEM = "Batch Exports";

    public Authorship {
        secretsChanged = List.copyOf(secretsChanged);
    }

    public static Authorship of(String author) {
        return new Authorship(author, List.of());
    }

    public static Authorship system() {
        return of(SYSTEM);
    }
}
