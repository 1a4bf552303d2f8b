package dev.batchexports.source.clickhouse;

import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import java.io.IOException;
import java.nio.ByteBuffer;

/// One Zstandard frame (RFC 8878). The library checks the content checksum that ClickHouse writes.
final class ZstdDecoder implements FrameDecoder {
    private final ZstdDecompressCtx context = new ZstdDecompressCtx();
    private final ByteBuffer input = ByteBuffer.allocateDirect(64 << 10);
    private final ByteBuffer output = ByteBuffer.allocateDirect(128 << 10);
    private final byte[] unpacked = new byte[output.capacity()];
    private boolean closed;

    @Override
    public void decode(byte[] bytes, int offset, int length, Target target) throws IOException {
        int position = offset;
        int end = offset + length;
        while (position < end) {
            if (closed) {
                throw new IOException("bytes follow the zstd frame");
            }
            int taken = Math.min(input.capacity(), end - position);
            input.clear();
            input.put(bytes, position, taken).flip();
            position += taken;
            decodeInput(target);
        }
    }

    private void decodeInput(Target target) throws IOException {
        // A full output buffer may hide further output of input that is already consumed.
        boolean more = true;
        while (!closed && (input.hasRemaining() || more)) {
            output.clear();
            try {
                closed = context.decompressDirectByteBufferStream(output, input);
            } catch (ZstdException damage) {
                throw new IOException("the zstd frame is damaged", damage);
            }
            more = !output.hasRemaining();
            output.flip();
            int count = output.remaining();
            output.get(unpacked, 0, count);
            target.accept(unpacked, 0, count);
        }
        if (input.hasRemaining()) {
            throw new IOException("bytes follow the zstd frame");
        }
    }

    @Override
    public boolean isClosed() {
        return closed;
    }

    @Override
    public void close() {
        context.close();
    }
}
