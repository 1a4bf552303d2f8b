package dev.batchexports.embedded.clickhouse;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4FastDecompressor;

/// ClickHouse's own framing of compressed data (`compress=1`, `decompress=1`): blocks of a checksum over what follows
/// (16 bytes), the method (1), the size with these 9 bytes (4), the size when unpacked (4), and the data.
final class CompressedBlocks {
    private static final int CHECKSUM_BYTES = 16;
    private static final int HEADER_BYTES = 9;
    private static final byte LZ4 = (byte) 0x82;
    private static final byte NONE = (byte) 0x02;
    private static final int BLOCK_BYTES = 1 << 18;
    private static final int LARGEST_BLOCK_BYTES = 1 << 30;

    private CompressedBlocks() {}

    /// Packs with LZ4, which is what a server does unless it is told otherwise.
    static final class Output extends OutputStream {
        private final OutputStream target;
        private final LZ4Compressor compressor = LZ4Factory.fastestInstance().fastCompressor();
        private final byte[] plain = new byte[BLOCK_BYTES];
        private final byte[] packed =
                new byte[CHECKSUM_BYTES + HEADER_BYTES + compressor.maxCompressedLength(BLOCK_BYTES)];
        private int filled;

        Output(OutputStream target) {
            this.target = target;
        }

        @Override
        public void write(int value) throws IOException {
            write(new byte[] {(byte) value}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            int written = 0;
            while (written < length) {
                int count = Math.min(length - written, BLOCK_BYTES - filled);
                System.arraycopy(bytes, offset + written, plain, filled, count);
                filled += count;
                written += count;
                if (filled == BLOCK_BYTES) {
                    writeBlock();
                }
            }
        }

        /// Ends the block, so that what was written can be unpacked.
        @Override
        public void flush() throws IOException {
            if (filled > 0) {
                writeBlock();
            }
            target.flush();
        }

        @Override
        public void close() throws IOException {
            flush();
            target.close();
        }

        private void writeBlock() throws IOException {
            int length = HEADER_BYTES + compressor.compress(plain, 0, filled, packed, CHECKSUM_BYTES + HEADER_BYTES);
            ByteBuffer block = ByteBuffer.wrap(packed).order(ByteOrder.LITTLE_ENDIAN);
            block.put(CHECKSUM_BYTES, LZ4).putInt(CHECKSUM_BYTES + 1, length).putInt(CHECKSUM_BYTES + 5, filled);
            CityHash checksum = CityHash.of(packed, CHECKSUM_BYTES, length);
            block.putLong(0, checksum.low()).putLong(8, checksum.high());
            target.write(packed, 0, CHECKSUM_BYTES + length);
            filled = 0;
        }
    }

    /// Unpacks LZ4 and unpacked blocks, and checks the checksums.
    static final class Input extends InputStream {
        private final InputStream source;
        private final LZ4FastDecompressor decompressor =
                LZ4Factory.fastestInstance().fastDecompressor();
        private byte[] plain = new byte[0];
        private int position;

        Input(InputStream source) {
            this.source = source;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            if (position == plain.length && !readBlock()) {
                return -1;
            }
            int count = Math.min(length, plain.length - position);
            System.arraycopy(plain, position, target, offset, count);
            position += count;
            return count;
        }

        private boolean readBlock() throws IOException {
            byte[] head = source.readNBytes(CHECKSUM_BYTES + HEADER_BYTES);
            if (head.length == 0) {
                return false;
            }
            if (head.length < CHECKSUM_BYTES + HEADER_BYTES) {
                throw new EOFException("The compressed data ends within the head of a block.");
            }
            ByteBuffer fields = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN);
            int length = fields.getInt(CHECKSUM_BYTES + 1);
            int plainLength = fields.getInt(CHECKSUM_BYTES + 5);
            if (length < HEADER_BYTES
                    || length > LARGEST_BLOCK_BYTES
                    || plainLength < 1
                    || plainLength > LARGEST_BLOCK_BYTES) {
                throw new ClickHouseError(271, "The size of a compressed block is wrong", "CANNOT_DECOMPRESS");
            }
            byte[] block = new byte[length];
            System.arraycopy(head, CHECKSUM_BYTES, block, 0, HEADER_BYTES);
            if (source.readNBytes(block, HEADER_BYTES, length - HEADER_BYTES) < length - HEADER_BYTES) {
                throw new EOFException("The compressed data ends within a block.");
            }
            if (!CityHash.of(block, 0, length).equals(new CityHash(fields.getLong(0), fields.getLong(8)))) {
                throw new ClickHouseError(40, "Checksum doesn't match: corrupted data", "CHECKSUM_DOESNT_MATCH");
            }
            plain = unpack(block, plainLength);
            position = 0;
            return true;
        }

        private byte[] unpack(byte[] block, int plainLength) {
            byte[] target = new byte[plainLength];
            switch (block[0]) {
                case LZ4 -> {
                    try {
                        decompressor.decompress(block, HEADER_BYTES, target, 0, plainLength);
                    } catch (LZ4Exception _) {
                        throw new ClickHouseError(271, "A block of LZ4 cannot be unpacked", "CANNOT_DECOMPRESS");
                    }
                }
                case NONE -> {
                    if (block.length - HEADER_BYTES != plainLength) {
                        throw new ClickHouseError(271, "The size of a block is wrong", "CANNOT_DECOMPRESS");
                    }
                    System.arraycopy(block, HEADER_BYTES, target, 0, plainLength);
                }
                default ->
                    throw new ClickHouseError(
                            89,
                            "The method 0x%02x of a compressed block is not supported here; use LZ4"
                                    .formatted(block[0]),
                            "UNKNOWN_COMPRESSION_METHOD");
            }
            return target;
        }
    }
}
