package dev.batchexports.core.secret;

import java.util.Objects;

/// A value that must never be shown: it prints as `***`, so that no log line, record or error text can
/// leak it.
///
/// A configuration record marks its secret parameters by giving them this type; they are stored
/// encrypted and never returned by the API.
public final class Secret {
    private final String value;

    public Secret(String value) {
        this.value = Objects.requireNonNull(value);
    }

    /// The value in the clear. Call it only where it is handed to a driver.
    public String reveal() {
        return value;
    }

    @Override
    public String toString() {
        return "***";
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Secret secret && secret.value.equals(value);
    }

    @Override
    public int hashCode() {
        return value.hashCode();
    }
}
