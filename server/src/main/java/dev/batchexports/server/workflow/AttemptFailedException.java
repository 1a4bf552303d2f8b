package dev.batchexports.server.workflow;

import dev.batchexports.core.error.ExportException;
import java.time.Duration;

/// An attempt at a stage failed, and the run shows it.
final class AttemptFailedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final ExportException error;
    private final Duration beforeNext;

    /// @param beforeNext after which time the next attempt is to begin, if there is one
    AttemptFailedException(ExportException error, Duration beforeNext) {
        super(error);
        this.error = error;
        this.beforeNext = beforeNext;
    }

    ExportException error() {
        return error;
    }

    Duration beforeNext() {
        return beforeNext;
    }
}
