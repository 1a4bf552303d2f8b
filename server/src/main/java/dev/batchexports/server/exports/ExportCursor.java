package dev.batchexports.server.exports;

import java.time.Instant;
import java.util.UUID;

/// Where a page of exports ended: newest first.
public record ExportCursor(Instant createdAt, UUID id) {}
