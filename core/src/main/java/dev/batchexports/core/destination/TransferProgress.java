package dev.batchexports.core.destination;

/// Told about bytes as the destination takes them. Cheap and thread-safe.
@FunctionalInterface
public interface TransferProgress {
    /// @param bytes how many encoded bytes the destination has taken since the last call
    void advanced(long bytes);
}
