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
    private record Frame(StreamCompression compression, byte[] content, byte[] bytes) {
        @Override
        public String toString() {
            return compression + " of " + content.length + " bytes";
        }
    }

    private record Decoded(byte[] content, boolean closed) {}

    @Property(tries = 200)
    void unpacksFramesInChunksOfAnySize(@ForAll("frames") Frame frame, @ForAll @IntRange(min = 1, max = 9000) int chunk)
            throws IOException {
        Decoded decoded = decode(frame.compression(), frame.bytes(), chunk);

        assertThat(decoded.content()).isEqualTo(frame.content());
        assertThat(decoded.closed()).isTrue();
    }

    @Property(tries = 200)
    void aFrameWithoutItsEndIsNotClosed(@ForAll("frames") Frame frame, @ForAll @IntRange(max = 1_000_000) int cut)
            throws IOException {
        byte[] torn = Arrays.copyOf(frame.bytes(), cut % frame.bytes().length);

        assertThat(decode(frame.compression(), torn, 1000).closed()).isFalse();
    }

    @Property(tries = 200)
    void nothingMayFollowAFrame(@ForAll("frames") Frame frame, @ForAll @IntRange(min = 1, max = 2000) int chunk) {
        byte[] longer = Arrays.copyOf(frame.bytes(), frame.bytes().length + 1);

        assertThatThrownBy(() -> decode(frame.compression(), longer, chunk)).isInstanceOf(IOException.class);
    }

    @Property(tries = 300)
    void aChangedByteNeverGoesUnnoticed(@ForAll("checkedFrames") Frame frame, @ForAll @IntRange(max = 1_000_000) int at) {
        byte[] changed = frame.bytes().clone();
        changed[at % changed.length] ^= 0x10;

        Decoded decoded;
        try {
            decoded = decode(frame.compression(), changed, 777);
        } catch (IOException _) {
            return;
        }
        // A changed time stamp in the header of gzip harms nothing.
        assertThat(!decoded.closed() || Arrays.equals(decoded.content(), frame.content()))
                .isTrue();
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
        return Combinators.combine(Arbitraries.integers().between(0, 60_000), Arbitraries.longs(), Arbitraries.of(2, 250))
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

    private static Decoded decode(StreamCompression compression, byte[] bytes, int chunk) throws IOException {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        try (FrameDecoder decoder = FrameDecoder.of(compression)) {
            for (int position = 0; position < bytes.length; position += chunk) {
                decoder.decode(bytes, position, Math.min(chunk, bytes.length - position), content::write);
            }
            return new Decoded(content.toByteArray(), decoder.isClosed());
        }
    }
}
