package dev.batchexports.server.api;

/// The token does not allow what was asked.
final class ForbiddenException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String code;

    ForbiddenException(String code, String sentence) {
        super(sentence);
        this.code = code;
    }

    String code() {
        return code;
    }
}
