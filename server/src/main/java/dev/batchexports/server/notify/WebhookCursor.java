package dev.batchexports.server.notify;

import java.time.Instant;
import java.util.UUID;

/// Where a page of webhooks, or of their deliveries, ended: newest first.
public record WebhookCursor(Instant createdAt, UUID id) {}
