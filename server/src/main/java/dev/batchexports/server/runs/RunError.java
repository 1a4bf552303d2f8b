package dev.batchexports.server.runs;

import dev.batchexports.core.error.ExportException;

/// Why a run, or an attempt of it, failed: safe to show.
///
/// @param message one plain sentence
/// @param fix what to change; empty when there is nothing to do but wait
public record RunError(String code, String message, String fix, boolean retryable) {
    public static RunError of(ExportException exception) {
        return new RunError(
                exception.code(),
                exception.sentence(),
                exception.fix(),
                exception.kind().isRetryable());
    }
}
