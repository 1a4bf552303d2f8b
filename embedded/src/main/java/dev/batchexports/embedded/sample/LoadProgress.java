package dev.batchexports.embedded.sample;

/// Hears how loading the sample data goes on.
@FunctionalInterface
public interface LoadProgress {
    /// @param rows loaded so far, about
    /// @param total to be loaded, about
    void loaded(long rows, long total);
}
