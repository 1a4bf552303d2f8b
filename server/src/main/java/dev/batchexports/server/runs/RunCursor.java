package dev.batchexports.server.runs;

import java.time.Instant;

/// Where a page of runs ended: newest interval first, then newest run first.
public record RunCursor(Instant intervalStart, long generation) {}
