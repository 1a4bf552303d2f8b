package dev.batchexports.source.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Random;
import java.util.zip.GZIPInputStream;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/// What is packed here, others unpack.
class GzipEncoderTest {
    enum Content {
        /// Cannot be packed.
        RANDOM,
        TEXT,
        ZEROS
    }

    @Property(tries = 150)
    void everyLengthInEveryCutKeepsItsContent(
            @ForAll @IntRange(min = 1, max = 3_000_000) int length,
            @ForAll @IntRange(min = 1, max = GzipEncoder.INPUT) int cut,
            @ForAll Content content,
            @ForAll long seed)
            throws IOException {
        Assume.that(GzipEncoder.isAvailable());
        byte[] plain = bytes(content, length, seed);

        byte[] packed = packed(plain, Math.max(cut, length / 500));

        try (GZIPInputStream stream = new GZIPInputStream(new ByteArrayInputStream(packed))) {
            assertThat(stream.readAllBytes()).isEqualTo(plain);
        }
    }

    private static byte[] packed(byte[] plain, int cut) {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        byte[] input = new byte[GzipEncoder.INPUT];
        try (GzipEncoder encoder = new GzipEncoder()) {
            for (int position = 0; position < plain.length; position += cut) {
                int count = Math.min(cut, plain.length - position);
                System.arraycopy(plain, position, input, 0, count);
                encoder.pack(input, count);
                byte[] taken = new byte[encoder.packed().remaining()];
                encoder.packed().get(taken);
                packed.writeBytes(taken);
            }
        }
        return packed.toByteArray();
    }

    private static byte[] bytes(Content content, int length, long seed) {
        Random random = new Random(seed);
        byte[] bytes = new byte[length];
        switch (content) {
            case RANDOM -> random.nextBytes(bytes);
            case TEXT -> {
                for (int index = 0; index < length; index++) {
                    bytes[index] = (byte) ('a' + random.nextInt(4) * random.nextInt(4));
                }
            }
            case ZEROS -> {}
        }
        return bytes;
    }
}
