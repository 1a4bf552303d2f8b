package dev.batchexports.source.clickhouse;

import com.intel.gkl.compression.IntelDeflater;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Packs a stream into gzip members (RFC 1952) of a mebibyte each, by Intel's ISA-L where the processor has what that
/// needs: JSON lines at several times the speed of zlib, at the size that zlib's level 1 reaches.
///
/// A gzip file may have any number of members, whose contents follow one another. Here it has many, because the
/// library ends what it packs with every call. Used by one thread.
final class GzipEncoder implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(GzipEncoder.class);

    private static final byte[] HEADER = {0x1f, (byte) 0x8b, Deflater.DEFLATED, 0, 0, 0, 0, 0, 0, (byte) 0xff};
    private static final int TRAILER = 2 * Integer.BYTES;
    /// Level 2 takes as long as level 1 and packs 2 % smaller.
    private static final int LEVEL = 2;

    private static final boolean AVAILABLE = load();

    /// What a member holds at most.
    static final int INPUT = 1 << 20;
    /// Input that cannot be packed grows a little.
    private static final int OUTPUT = INPUT + (INPUT >> 3);

    private final Deflater deflater = new IntelDeflater(LEVEL, true);
    private final CRC32 checksum = new CRC32();
    private final byte[] output = new byte[OUTPUT];
    private final ByteBuffer packed = ByteBuffer.allocate(HEADER.length + OUTPUT + TRAILER)
            .order(ByteOrder.LITTLE_ENDIAN)
            .limit(0);

    /// Whether this machine can do it.
    static boolean isAvailable() {
        return AVAILABLE;
    }

    private static boolean load() {
        try {
            return new IntelDeflater().load(null);
        } catch (LinkageError | RuntimeException failure) {
            LOG.info("ClickHouse packs with gzip, because this machine cannot: {}", failure.toString());
            return false;
        }
    }

    /// What is packed and has not been taken yet. It must be taken before more is packed.
    ByteBuffer packed() {
        return packed;
    }

    /// Packs one member.
    ///
    /// @param count from 1 to [#INPUT], from the beginning of the array
    void pack(byte[] input, int count) {
        if (packed.hasRemaining()) {
            throw new IllegalStateException("what was packed before has not been taken");
        }
        deflater.reset();
        deflater.setInput(input, 0, count);
        deflater.finish();
        int length = deflater.deflate(output, 0, output.length);
        if (!deflater.finished() || length <= 0 || length >= output.length) {
            throw new IllegalStateException("the library did not pack all of its input");
        }
        checksum.reset();
        checksum.update(input, 0, count);
        packed.clear()
                .put(HEADER)
                .put(output, 0, length)
                .putInt((int) checksum.getValue())
                .putInt(count)
                .flip();
    }

    @Override
    public void close() {
        deflater.end();
    }
}
