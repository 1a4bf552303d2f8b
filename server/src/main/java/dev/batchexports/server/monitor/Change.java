package dev.batchexports.server.monitor;

import java.time.Instant;
import java.util.UUID;

/// Something that somebody may be looking at has changed.
///
/// @param kind `batch_export`, `run` or `backfill`
/// @param id of that thing
public record Change(long projectId, String kind, UUID exportId, UUID id, String status, Instant at) {}
