package dev.batchexports.source.clickhouse;

import java.io.IOException;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/// One gzip member (RFC 1952) with the plain header that zlib writes.
final class GzipDecoder implements FrameDecoder {
    private static final int HEADER_LENGTH = 10;
    private static final int TRAILER_LENGTH = 8;

    private final Inflater inflater = new Inflater(true);
    private final CRC32 checksum = new CRC32();
    private final byte[] output = new byte[64 << 10];
    private final byte[] header = new byte[HEADER_LENGTH];
    private final byte[] trailer = new byte[TRAILER_LENGTH];
    private int headerLength;
    private int trailerLength;

    @Override
    public void decode(byte[] bytes, int offset, int length, Target target) throws IOException {
        int position = offset;
        int end = offset + length;
        if (headerLength < HEADER_LENGTH) {
            int taken = Math.min(HEADER_LENGTH - headerLength, length);
            System.arraycopy(bytes, position, header, headerLength, taken);
            headerLength += taken;
            position += taken;
            if (headerLength == HEADER_LENGTH) {
                checkHeader();
            }
        }
        if (position < end && !inflater.finished()) {
            inflater.setInput(bytes, position, end - position);
            inflate(target);
            position = end - inflater.getRemaining();
        }
        if (position < end) {
            int taken = Math.min(TRAILER_LENGTH - trailerLength, end - position);
            System.arraycopy(bytes, position, trailer, trailerLength, taken);
            trailerLength += taken;
            position += taken;
            if (position < end) {
                throw new IOException("bytes follow the gzip frame");
            }
            if (trailerLength == TRAILER_LENGTH) {
                checkTrailer();
            }
        }
    }

    private void inflate(Target target) throws IOException {
        try {
            while (!inflater.finished()) {
                int count = inflater.inflate(output);
                if (count > 0) {
                    checksum.update(output, 0, count);
                    target.accept(output, 0, count);
                } else if (inflater.needsInput()) {
                    return;
                } else if (inflater.needsDictionary()) {
                    throw new IOException("the gzip frame asks for a dictionary");
                }
            }
        } catch (DataFormatException damage) {
            throw new IOException("the gzip frame is damaged", damage);
        }
    }

    private void checkHeader() throws IOException {
        boolean gzip = (header[0] & 0xff) == 0x1f && (header[1] & 0xff) == 0x8b && header[2] == 8;
        if (!gzip || header[3] != 0) {
            throw new IOException("the gzip frame has an unknown header");
        }
    }

    private void checkTrailer() throws IOException {
        if (littleEndian(0) != checksum.getValue()) {
            throw new IOException("the checksum of the gzip frame is wrong");
        }
        if (littleEndian(4) != (inflater.getBytesWritten() & 0xffff_ffffL)) {
            throw new IOException("the length in the gzip frame is wrong");
        }
    }

    private long littleEndian(int index) {
        return (trailer[index] & 0xffL)
                | (trailer[index + 1] & 0xffL) << 8
                | (trailer[index + 2] & 0xffL) << 16
                | (trailer[index + 3] & 0xffL) << 24;
    }

    @Override
    public boolean isClosed() {
        return trailerLength == TRAILER_LENGTH;
    }

    @Override
    public void close() {
        inflater.end();
    }
}
