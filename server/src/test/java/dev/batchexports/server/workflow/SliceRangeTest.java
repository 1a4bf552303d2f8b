package dev.batchexports.server.workflow;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SliceRangeTest {
    private static final int MOST = 500;

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 499, 500, 501, 999, 1000, 1001, 9_999, 10_000})
    void coversEverySliceOnceAndInOrder(int slices) {
        List<SliceRange> ranges = SliceRange.covering(slices, MOST);

        assertThat(ranges.stream().flatMapToInt(range -> IntStream.range(range.first(), range.end())))
                .containsExactlyElementsOf(IntStream.range(0, slices).boxed().toList());
        assertThat(ranges).hasSizeLessThanOrEqualTo(MOST);
    }

    @Test
    void aRangeIsOneSliceAsLongAsThatIsNotTooMany() {
        assertThat(SliceRange.covering(MOST, MOST)).allMatch(range -> range.count() == 1);
        assertThat(SliceRange.covering(MOST + 1, MOST)).anyMatch(range -> range.count() == 2);
    }

    @Test
    void knowsWhichSlicesItHolds() {
        SliceRange range = new SliceRange(10, 3);

        assertThat(range.containsAny(Set.of(1, 12))).isTrue();
        assertThat(range.containsAny(Set.of(9, 13))).isFalse();
    }
}
