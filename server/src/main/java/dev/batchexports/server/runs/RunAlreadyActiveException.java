package dev.batchexports.server.runs;

import java.time.Instant;

/// The interval has a run that is not finished: one interval is never exported twice at once.
public final class RunAlreadyActiveException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public RunAlreadyActiveException(Instant scheduledAt) {
        super("the interval scheduled for " + scheduledAt + " has a run that is not finished yet");
    }
}
