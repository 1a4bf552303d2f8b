package dev.batchexports.destination.s3;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PartSizeTest {
    private static final long MIB = 1 << 20;
    private static final long GIB = 1 << 30;

    @Test
    void usesFourBuffersOfFiveMebibytesByDefault() {
        assertThat(PartSize.of(GIB, 20 * MIB)).isEqualTo(new PartSize((int) (5 * MIB), 4));
    }

    @ParameterizedTest
    @CsvSource({"0, 32", "1, 64", "512, 10", "100000, 32", "100000, 64", "10000, 1024"})
    void staysWithinTheGrantedMemory(long estimatedMebibytes, long bufferMebibytes) {
        PartSize size = PartSize.of(estimatedMebibytes * MIB, bufferMebibytes * MIB);
        assertThat((long) size.bytes() * size.buffers()).isLessThanOrEqualTo(bufferMebibytes * MIB);
    }

    @Test
    void neverMakesPartsThatS3Refuses() {
        PartSize size = PartSize.of(MIB, MIB);
        assertThat(size.bytes()).isEqualTo(PartSize.SMALLEST);
        assertThat(size.buffers()).isEqualTo(2);
    }

    @Test
    void makesBiggerPartsOfABigSliceSoThatFourTimesItsSizeFits() {
        long estimated = 30 * GIB;
        PartSize size = PartSize.of(estimated, 64 * MIB);
        assertThat((long) size.bytes() * PartSize.MAX_PARTS).isGreaterThanOrEqualTo(4 * estimated);
    }
}
