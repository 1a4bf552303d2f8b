package dev.batchexports.source.clickhouse;

import com.aayushatharva.brotli4j.Brotli4jLoader;
import com.aayushatharva.brotli4j.decoder.DecoderJNI;
import dev.batchexports.core.error.ExportException;
import java.io.IOException;
import java.nio.ByteBuffer;

/// One Brotli stream (RFC 7932). The format has an end mark and no checksum.
final class BrotliDecoder implements FrameDecoder {
    private static final int INPUT_LENGTH = 64 << 10;

    private final DecoderJNI.Wrapper decoder;
    private byte[] unpacked = new byte[0];
    private boolean freed;

    BrotliDecoder() throws IOException {
        if (!Brotli4jLoader.isAvailable()) {
            throw ExportException.user(
                    "BrotliUnavailable",
                    "Brotli streams cannot be verified on this kind of machine.",
                    "Choose the compression gzip or zstd.");
        }
        this.decoder = new DecoderJNI.Wrapper(INPUT_LENGTH);
    }

    @Override
    public void decode(byte[] bytes, int offset, int length, Target target) throws IOException {
        int position = offset;
        int end = offset + length;
        while (position < end) {
            if (isClosed()) {
                throw new IOException("bytes follow the brotli stream");
            }
            ByteBuffer input = decoder.getInputBuffer();
            int taken = Math.min(INPUT_LENGTH, end - position);
            input.clear();
            input.put(bytes, position, taken);
            position += taken;
            decoder.push(taken);
            decodeInput(target);
        }
    }

    private void decodeInput(Target target) throws IOException {
        while (true) {
            switch (decoder.getStatus()) {
                case DONE -> {
                    drain(target);
                    return;
                }
                case NEEDS_MORE_INPUT -> {
                    drain(target);
                    if (decoder.getStatus() == DecoderJNI.Status.NEEDS_MORE_INPUT) {
                        return;
                    }
                }
                case NEEDS_MORE_OUTPUT -> pull(target);
                case OK -> decoder.push(0);
                case ERROR -> throw new IOException("the brotli stream is damaged");
            }
        }
    }

    private void drain(Target target) {
        while (decoder.hasOutput()) {
            pull(target);
        }
    }

    private void pull(Target target) {
        ByteBuffer output = decoder.pull();
        int count = output.remaining();
        if (unpacked.length < count) {
            unpacked = new byte[count];
        }
        output.get(unpacked, 0, count);
        target.accept(unpacked, 0, count);
    }

    @Override
    public boolean isClosed() {
        return decoder.getStatus() == DecoderJNI.Status.DONE;
    }

    @Override
    public void close() {
        if (!freed) {
            freed = true;
            decoder.destroy();
        }
    }
}
