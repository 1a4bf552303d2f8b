package dev.batchexports.server.workflow;

/// A stage stopped because nobody wants its result any more.
final class StageStoppedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    StageStoppedException(StopReason reason) {
        super("stopped: " + reason);
    }
}
