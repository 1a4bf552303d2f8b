package dev.batchexports.server.request;

/// What a request names does not exist, or not within the project that it names.
public final class NotFoundException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /// @param thing what was looked for: `batch export`
    public NotFoundException(String thing) {
        super("There is no such " + thing + ".");
    }
}
