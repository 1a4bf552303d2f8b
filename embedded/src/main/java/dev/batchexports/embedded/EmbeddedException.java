package dev.batchexports.embedded;

/// Something on this machine keeps an embedded component from working. The message is one sentence that says what to
/// do,
/// followed by the end of the component's log where there is one.
public final class EmbeddedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public EmbeddedException(String message) {
        super(message);
    }

    public EmbeddedException(String message, Throwable cause) {
        super(message, cause);
    }
}
