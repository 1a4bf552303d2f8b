package dev.batchexports.server.workflow;

/// Temporal did not answer. What was asked is repeated by the reconciler.
public final class OrchestrationUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public OrchestrationUnavailableException(Throwable cause) {
        super("Temporal cannot be reached", cause);
    }
}
