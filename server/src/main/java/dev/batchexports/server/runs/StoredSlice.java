package dev.batchexports.server.runs;

import dev.batchexports.core.destination.SliceReceipt;
import dev.batchexports.core.source.Slice;
import org.jspecify.annotations.Nullable;

/// A slice of a run's plan, with the receipt of its transfer; null until it is transferred.
public record StoredSlice(Slice slice, @Nullable SliceReceipt receipt) {}
