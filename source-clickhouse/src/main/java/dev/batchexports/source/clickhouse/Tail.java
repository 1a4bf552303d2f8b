package dev.batchexports.source.clickhouse;

import java.util.Arrays;

/// The last bytes of a stream, in a ring. Used by one thread.
final class Tail {
    private final int greatest;
    private final int bytesPerKept;
    private byte[] ring;
    /// Where the next byte goes.
    private int position;

    private int kept;
    private long received;

    private Tail(int least, int greatest, int bytesPerKept) {
        this.ring = new byte[least];
        this.greatest = greatest;
        this.bytesPerKept = bytesPerKept;
    }

    /// Keeps the last `length` bytes.
    static Tail of(int length) {
        return new Tail(length, length, 1);
    }

    /// Keeps one byte of `bytesPerKept` that were received, but at least `least` and at most `greatest`.
    static Tail growing(int least, int greatest, int bytesPerKept) {
        return new Tail(least, greatest, bytesPerKept);
    }

    void accept(byte[] bytes, int offset, int length) {
        received += length;
        grow();
        int taken = Math.min(length, ring.length);
        int from = offset + length - taken;
        int first = Math.min(taken, ring.length - position);
        System.arraycopy(bytes, from, ring, position, first);
        System.arraycopy(bytes, from + first, ring, 0, taken - first);
        position = (position + taken) % ring.length;
        kept = Math.min(ring.length, kept + taken);
    }

    private void grow() {
        if (ring.length < greatest && received / bytesPerKept > ring.length) {
            byte[] ordered = bytes();
            ring = Arrays.copyOf(ordered, Math.min(greatest, ring.length * 2));
            position = ordered.length;
        }
    }

    /// How many bytes came in all.
    long received() {
        return received;
    }

    /// The kept bytes, in the order in which they came.
    byte[] bytes() {
        if (kept < ring.length) {
            return Arrays.copyOf(ring, kept);
        }
        byte[] ordered = new byte[ring.length];
        System.arraycopy(ring, position, ordered, 0, ring.length - position);
        System.arraycopy(ring, 0, ordered, ring.length - position, position);
        return ordered;
    }
}
