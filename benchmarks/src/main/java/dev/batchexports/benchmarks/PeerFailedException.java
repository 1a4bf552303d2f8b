package dev.batchexports.benchmarks;

/// A program that we compare with did not do what it was told.
final class PeerFailedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    PeerFailedException(String message) {
        super(message);
    }
}
