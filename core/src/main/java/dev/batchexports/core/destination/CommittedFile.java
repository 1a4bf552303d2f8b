package dev.batchexports.core.destination;

/// A file, or what stands for one, that a reader can now see.
///
/// @param key object key or staged path
/// @param checksum of its bytes, with the algorithm in front
public record CommittedFile(String key, long rows, long bytes, String checksum) {}
