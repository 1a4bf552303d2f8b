package dev.batchexports.source.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.ByteRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class LinesCheckTest {
    @Property(tries = 2000)
    void countsLineEndsEightBytesAtATimeAsOneByOne(
            @ForAll @Size(max = 200) @ByteRange(min = 8, max = 12) byte[] bytes,
            @ForAll @IntRange(max = 20) int offset) {
        int from = Math.min(offset, bytes.length);
        long expected = 0;
        for (int index = from; index < bytes.length; index++) {
            expected += bytes[index] == '\n' ? 1 : 0;
        }

        assertThat(LinesCheck.countLineEnds(bytes, from, bytes.length - from)).isEqualTo(expected);
    }

    @Property(tries = 2000)
    void countsOnlyLineEnds(@ForAll @Size(max = 64) byte[] bytes) {
        long expected = 0;
        for (byte value : bytes) {
            expected += value == '\n' ? 1 : 0;
        }

        assertThat(LinesCheck.countLineEnds(bytes, 0, bytes.length)).isEqualTo(expected);
    }

    @Test
    void countsTheLinesOfAWholeText() throws IOException {
        assertThat(jsonRows("{\"a\":1}\n{\"a\":2}\n")).isEqualTo(2);
        assertThat(jsonRows("")).isZero();
    }

    @Test
    void aTextWithoutItsLastLineEndIsTorn() {
        assertThatThrownBy(() -> jsonRows("{\"a\":1}\n{\"a\":2}")).hasMessage("its last line is not complete");
        assertThatThrownBy(() -> tabRows("1\t2\n3\t")).hasMessage("its last line is not complete");
    }

    @Test
    void anErrorMessageBehindTheRowsIsNoRow() {
        String olderServer =
                "Code: 241. DB::Exception: Memory limit exceeded. (MEMORY_LIMIT_EXCEEDED) (version 24.3.1.2672)\n";
        assertThatThrownBy(() -> jsonRows("{\"a\":1}\n" + olderServer)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> tabRows("1\t2\n" + olderServer)).hasMessage("it ends with an error message");
        assertThatThrownBy(() -> tabRows("1\t2\n\r\n__exception__\r\nCode: 241. DB::Exception: Memory limit\n"))
                .hasMessage("it ends with an error message");
    }

    @Test
    void aRowThatSpeaksOfAnErrorIsARow() throws IOException {
        assertThat(tabRows("7\tCode: 241. DB::Exception: Memory limit exceeded. (MEMORY_LIMIT_EXCEEDED)\n"))
                .isEqualTo(1);
        assertThat(jsonRows("{\"a\":\"__exception__\\r\\nCode: 241. DB::Exception: Memory limit\"}\n"))
                .isEqualTo(1);
    }

    @Test
    void aServerThatMarksItsMessagesWritesNoOthers() throws IOException {
        byte[] row = "Code: 241. DB::Exception: Memory limit exceeded. (MEMORY_LIMIT_EXCEEDED)\n"
                .getBytes(StandardCharsets.UTF_8);
        LinesCheck check = LinesCheck.tabSeparated(Optional.of("abcdefghijklmnop"));
        check.accept(row, 0, row.length);

        assertThat(check.rows()).isEqualTo(1);
    }

    private static long jsonRows(String text) throws IOException {
        return rows(LinesCheck.jsonLines(Optional.empty()), text);
    }

    private static long tabRows(String text) throws IOException {
        return rows(LinesCheck.tabSeparated(Optional.empty()), text);
    }

    private static long rows(LinesCheck check, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        check.accept(bytes, 0, bytes.length);
        return check.rows();
    }
}
