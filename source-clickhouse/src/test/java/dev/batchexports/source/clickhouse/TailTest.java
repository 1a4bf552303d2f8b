package dev.batchexports.source.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class TailTest {
    @Property
    void keepsTheLastBytes(
            @ForAll @Size(max = 40) List<@IntRange(max = 50) Integer> lengths,
            @ForAll @IntRange(min = 1, max = 70) int kept) {
        Tail tail = Tail.of(kept);

        byte[] all = feed(tail, lengths);

        assertThat(tail.bytes()).isEqualTo(Arrays.copyOfRange(all, Math.max(0, all.length - kept), all.length));
        assertThat(tail.received()).isEqualTo(all.length);
    }

    @Property
    void keepsMoreOfALongerStream(@ForAll @Size(max = 60) List<@IntRange(max = 30) Integer> lengths) {
        Tail tail = Tail.growing(8, 64, 4);

        byte[] all = feed(tail, lengths);

        byte[] kept = tail.bytes();
        assertThat(kept).isEqualTo(Arrays.copyOfRange(all, all.length - kept.length, all.length));
        assertThat(kept.length).isBetween(Math.min(all.length, 8), 64);
    }

    @Property
    void growsToItsGreatestLength(@ForAll @IntRange(min = 1, max = 40) int chunk) {
        Tail tail = Tail.growing(8, 64, 4);

        byte[] all = new byte[0];
        for (int round = 0; round < 1000; round++) {
            byte[] bytes = numbered(all.length, chunk);
            tail.accept(bytes, 0, chunk);
            all = joined(all, bytes);
        }

        assertThat(tail.bytes()).isEqualTo(Arrays.copyOfRange(all, all.length - 64, all.length));
    }

    private static byte[] feed(Tail tail, List<Integer> lengths) {
        byte[] all = new byte[0];
        for (int length : lengths) {
            byte[] bytes = numbered(all.length, length + 3);
            tail.accept(bytes, 3, length);
            all = joined(all, Arrays.copyOfRange(bytes, 3, bytes.length));
        }
        return all;
    }

    private static byte[] numbered(int first, int length) {
        byte[] bytes = new byte[length];
        for (int index = 0; index < length; index++) {
            bytes[index] = (byte) (first + index);
        }
        return bytes;
    }

    private static byte[] joined(byte[] first, byte[] second) {
        byte[] joined = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, joined, first.length, second.length);
        return joined;
    }
}
