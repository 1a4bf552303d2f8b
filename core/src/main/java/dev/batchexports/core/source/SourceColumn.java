package dev.batchexports.core.source;

/// A column as it is written.
///
/// @param name its name at the destination
/// @param type its ClickHouse type, for example `DateTime64(6, 'UTC')`
public record SourceColumn(String name, String type) {}
