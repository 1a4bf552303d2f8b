package dev.batchexports.server.backfills;

import java.time.Instant;
import java.util.UUID;

/// Where a page of backfills ended: newest first.
public record BackfillCursor(Instant createdAt, UUID id) {}
