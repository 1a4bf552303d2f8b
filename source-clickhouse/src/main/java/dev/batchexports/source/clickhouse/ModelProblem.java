package dev.batchexports.source.clickhouse;

import dev.batchexports.core.error.ExportException;

/// Something about a model or its filters that does not fit what ClickHouse has.
///
/// @param pointer JSON pointer into the batch export: `/model/columns/2/source`
/// @param error of kind USER
public record ModelProblem(String pointer, ExportException error) {}
