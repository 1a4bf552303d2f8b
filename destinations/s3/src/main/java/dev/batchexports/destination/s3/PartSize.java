package dev.batchexports.destination.s3;

/// How an upload is cut into parts, all of one size but the last, as some stores demand.
///
/// @param bytes of a part
/// @param buffers how many parts may be in memory at a time
record PartSize(int bytes, int buffers) {
    private static final int MEBIBYTE = 1 << 20;

    /// S3 takes no smaller part but as the last one.
    static final int SMALLEST = 5 * MEBIBYTE;

    /// S3 takes no more parts than this.
    static final int MAX_PARTS = 10_000;

    /// A slice's size is an estimate of uncompressed bytes, and JSON is bigger than what it encodes.
    private static final int MARGIN = 4;

    /// Few, bigger parts cost fewer requests; several at a time fill the line.
    private static final int WANTED_BUFFERS = 4;

    private static final int FEWEST_BUFFERS = 2;
    private static final int WANTED_BYTES = 8 * MEBIBYTE;

    /// @param estimatedBytes of the whole file
    /// @param bufferBytes memory that all buffers together may take; at least two of the smallest parts are
    ///     used whatever it says
    static PartSize of(long estimatedBytes, long bufferBytes) {
        long wanted = Math.clamp(bufferBytes / WANTED_BUFFERS, SMALLEST, WANTED_BYTES);
        long needed = roundUp(estimatedBytes / (MAX_PARTS / MARGIN));
        long largest = Math.clamp(bufferBytes / FEWEST_BUFFERS, SMALLEST, 1L << 30);
        int bytes = (int) Math.min(Math.max(wanted, needed), largest);
        return new PartSize(bytes, (int) Math.max(FEWEST_BUFFERS, bufferBytes / bytes));
    }

    private static long roundUp(long bytes) {
        return (bytes + MEBIBYTE - 1) / MEBIBYTE * MEBIBYTE;
    }
}
