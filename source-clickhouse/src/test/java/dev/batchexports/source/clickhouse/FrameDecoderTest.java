package dev.batchexports.source.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.aayushatharva.brotli4j.Brotli4jLoader;
import com.aayushatharva.brotli4j.encoder.BrotliOutputStream;
import com.github.luben.zstd.ZstdOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

/// A frame counts as whole exactly when it is.
class FrameDecoderTest {
    static final class Frame {
        private final StreamCompression compression;
        private final byte[] content;
        private final byte[] bytes;

        Frame(StreamCompression compression, byte[] content, byte[] bytes) {
            this.compression = compression;
            this.content = content;
            this.bytes = bytes;
        }

        /// What comes out of these bytes in chunks of this length.
        Decoded decoded(byte[] changed, int chunk) throws IOException {
            ByteArrayOutputStream unpacked = new ByteArrayOutputStream();
            try (FrameDecoder decoder = FrameDecoder.of(compression)) {
                for (int position = 0; position < changed.length; position += chunk) {
                    int length = Math.min(chunk, changed.length - position);
                    decoder.decode(changed, position, length, unpacked::write);
                }
                return new Decoded(Arrays.equals(unpacked.toByteArray(), content), decoder.isClosed());
            }
        }

        @Override
        public String toString() {
            return compression + " of " + content.length + " bytes";
        }
    }

    /// @param same whether the content is the one that was packed
    record Decoded(boolean same, boolean closed) {}

    @Property(tries = 120)
    void unpacksFramesInChunksOfAnySize(@ForAll("frames") Frame frame, @ForAll @IntRange(min = 1, max = 9000) int chunk)
            throws IOException {
        assertThat(frame.decoded(frame.bytes, chunk)).isEqualTo(new Decoded(true, true));
    }

    @Property(tries = 120)
    void aFrameWithoutItsEndIsNotClosed(@ForAll("frames") Frame frame, @ForAll @IntRange(max = 1_000_000) int cut)
            throws IOException {
        byte[] torn = Arrays.copyOf(frame.bytes, cut % frame.bytes.length);

        assertThat(frame.decoded(torn, 1000).closed()).isFalse();
    }

    @Property(tries = 120)
    void nothingMayFollowAFrame(@ForAll("frames") Frame frame, @ForAll @IntRange(min = 1, max = 2000) int chunk) {
        byte[] longer = Arrays.copyOf(frame.bytes, frame.bytes.length + 1);

        assertThatThrownBy(() -> frame.decoded(longer, chunk)).isInstanceOf(IOException.class);
    }

    @Property(tries = 200)
    void aChangedByteNeverGoesUnnoticed(
            @ForAll("checkedFrames") Frame frame, @ForAll @IntRange(max = 1_000_000) int at) {
        byte[] changed = frame.bytes.clone();
        changed[at % changed.length] ^= 0x10;

        Decoded decoded;
        try {
            decoded = frame.decoded(changed, 777);
        } catch (IOException _) {
            return;
        }
        // A changed time stamp in the header of gzip harms nothing.
        assertThat(!decoded.closed() || decoded.same()).isTrue();
    }

    @Provide
    Arbitrary<Frame> frames() {
        return Combinators.combine(
                        Arbitraries.of(StreamCompression.GZIP, StreamCompression.ZSTD, StreamCompression.BROTLI),
                        contents())
                .as(FrameDecoderTest::frame);
    }

    /// With a checksum, which Brotli has not.
    @Provide
    Arbitrary<Frame> checkedFrames() {
        return Combinators.combine(Arbitraries.of(StreamCompression.GZIP, StreamCompression.ZSTD), contents())
                .as(FrameDecoderTest::frame);
    }

    private static Arbitrary<byte[]> contents() {
        return Combinators.combine(
                        Arbitraries.integers().between(0, 20_000), Arbitraries.longs(), Arbitraries.of(2, 250))
                .as((length, seed, variety) -> {
                    Random random = new Random(seed);
                    byte[] content = new byte[length];
                    for (int index = 0; index < length; index++) {
                        content[index] = (byte) random.nextInt(variety);
                    }
                    return content;
                });
    }

    private static Frame frame(StreamCompression compression, byte[] content) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream packing = packing(compression, bytes)) {
            packing.write(content);
        } catch (IOException failure) {
            throw new IllegalStateException(failure);
        }
        return new Frame(compression, content, bytes.toByteArray());
    }

    private static OutputStream packing(StreamCompression compression, OutputStream target) throws IOException {
        return switch (compression) {
            case GZIP -> new GZIPOutputStream(target);
            case ZSTD -> new ZstdOutputStream(target).setChecksum(true);
            case BROTLI -> {
                Brotli4jLoader.ensureAvailability();
                yield new BrotliOutputStream(target);
            }
            case NONE -> throw new IllegalArgumentException();
        };
    }
}
