package dev.batchexports.server.api;

/// More was asked at once than one may.
final class TooManyRequestsException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String code;

    TooManyRequestsException(String code, String sentence) {
        super(sentence);
        this.code = code;
    }

    String code() {
        return code;
    }
}
