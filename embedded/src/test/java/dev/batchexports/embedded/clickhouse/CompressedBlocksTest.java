package dev.batchexports.embedded.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CompressedBlocksTest {
    /// The expected values come from the implementation in ClickHouse's Java client.
    @ParameterizedTest
    @CsvSource({
        "0, 3df09dfc64c09a2b, 3cb540c392e51e29",
        "1, 39379490ccb55d55, 2af2b13064cd571f",
        "9, 5601ccf1e058519a, f8512fca28333fef",
        "15, 5a8299d8ab8f2f47, 8ea0a478a90d3277",
        "16, 21e79cab7f9c2b79, a35615c235313f7a",
        "40, b842212c6c85c49, 66d01b069b212437",
        "143, 201689145f2ebee2, df56bd91c3fb4dd0",
        "144, d639167b9b85767d, 7a10bf4573107c6",
        "1000, 984b538c7b372373, f6e6cbc56b688720"
    })
    void hashesAsClickHouseDoes(int length, String low, String high) {
        byte[] bytes = new byte[length];
        for (int index = 0; index < length; index++) {
            bytes[index] = (byte) (index * 7 + 3);
        }
        CityHash hash = CityHash.of(bytes, 0, length);
        assertThat(Long.toHexString(hash.low())).isEqualTo(low);
        assertThat(Long.toHexString(hash.high())).isEqualTo(high);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 100, 262_144, 262_145, 1_000_000})
    void unpacksWhatItPacked(int length) throws IOException {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        assertThat(unpacked(packed(bytes))).isEqualTo(bytes);
    }

    @Test
    void refusesDamagedBlocks() throws IOException {
        byte[] packed = packed("some text, some text, some text".getBytes(StandardCharsets.UTF_8));
        packed[packed.length - 1]++;
        assertThatThrownBy(() -> unpacked(packed)).hasMessageContaining("Checksum doesn't match");
    }

    private static byte[] packed(byte[] bytes) throws IOException {
        ByteArrayOutputStream target = new ByteArrayOutputStream();
        try (CompressedBlocks.Output output = new CompressedBlocks.Output(target)) {
            output.write(bytes);
        }
        return target.toByteArray();
    }

    private static byte[] unpacked(byte[] packed) throws IOException {
        try (CompressedBlocks.Input input = new CompressedBlocks.Input(new ByteArrayInputStream(packed))) {
            return input.readAllBytes();
        }
    }
}
