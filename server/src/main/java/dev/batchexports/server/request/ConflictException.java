package dev.batchexports.server.request;

/// A request that is well formed but not possible in the present state.
public final class ConflictException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String code;

    /// @param code stable and searchable: `run_active`
    /// @param sentence why it is not possible, and what is
    public ConflictException(String code, String sentence) {
        super(sentence);
        this.code = code;
    }

    public String code() {
        return code;
    }
}
