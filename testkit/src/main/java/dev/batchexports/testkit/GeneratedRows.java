package dev.batchexports.testkit;

import dev.batchexports.core.error.ErrorKind;
import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.source.EncodedRows;
import dev.batchexports.core.source.FileFormat;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;

/// Encoded rows that come from memory or from nowhere, and that break or stall where a test wants.
///
/// Like a source it hands out what it has in pieces, throws for a torn stream instead of ending it, and
/// shows an interrupt as a failure with the thread's flag set.
public final class GeneratedRows implements EncodedRows {
    /// The code of the error that a torn stream ends in.
    public static final String TORN = "TornStream";

    private static final int PIECE = 1 << 16;

    private final byte[] pattern;
    private final long length;
    private final long rows;
    private final Ending ending;
    private final CountDownLatch stalled = new CountDownLatch(1);
    private final CountDownLatch closed = new CountDownLatch(1);
    private long position;
    private boolean ended;

    private enum Ending {
        WHOLE,
        TORN,
        STALLED
    }

    private GeneratedRows(byte[] pattern, long length, long rows, Ending ending) {
        this.pattern = pattern;
        this.length = length;
        this.rows = rows;
        this.ending = ending;
    }

    public static GeneratedRows whole(byte[] bytes, long rows) {
        return new GeneratedRows(bytes, bytes.length, rows, Ending.WHOLE);
    }

    /// A stream without rows and without bytes.
    public static GeneratedRows none() {
        return whole(new byte[0], 0);
    }

    /// A stream that breaks before its end.
    public static GeneratedRows tornAfter(SampleFile file, long bytes) {
        return new GeneratedRows(file.bytes(), bytes, file.rows().size(), Ending.TORN);
    }

    /// A stream that comes to a halt, until the thread is interrupted or the stream is closed.
    public static GeneratedRows stalledAfter(SampleFile file, long bytes) {
        return new GeneratedRows(file.bytes(), bytes, file.rows().size(), Ending.STALLED);
    }

    /// Rows of about so many bytes, made on the way: the stream takes no memory.
    ///
    /// @param format JSONLines or TabSeparated
    public static GeneratedRows big(long bytes, FileFormat format) {
        String line = switch (format) {
            case JSON_LINES -> "{\"id\":%09d,\"text\":\"%s\"}\n";
            case TAB_SEPARATED -> "%09d\t%s\n";
            case PARQUET -> throw new IllegalArgumentException("a Parquet file is not made of equal pieces");
        };
        StringBuilder lines = new StringBuilder();
        for (int row = 0; row < 1_000; row++) {
            lines.append(String.format(Locale.ROOT, line, row, "x".repeat(row % 200)));
        }
        byte[] pattern = lines.toString().getBytes(StandardCharsets.UTF_8);
        long repeats = Math.max(1, bytes / pattern.length);
        return new GeneratedRows(pattern, repeats * pattern.length, repeats * 1_000, Ending.WHOLE);
    }

    /// How many bytes a whole stream holds.
    public long length() {
        return length;
    }

    /// Waits until the stream has come to its halt.
    public void awaitStall() throws InterruptedException {
        stalled.await();
    }

    /// A copy of the whole content; only for streams that fit into memory.
    public byte[] toByteArray() {
        byte[] all = new byte[Math.toIntExact(length)];
        for (int at = 0; at < all.length; at += pattern.length) {
            System.arraycopy(pattern, 0, all, at, Math.min(pattern.length, all.length - at));
        }
        return Arrays.copyOf(all, all.length);
    }

    @Override
    public int read(byte[] buffer, int offset, int wanted) {
        if (position == length) {
            return end();
        }
        int at = (int) (position % pattern.length);
        int count = (int) Math.min(Math.min(wanted, PIECE), Math.min((long) pattern.length - at, length - position));
        System.arraycopy(pattern, at, buffer, offset, count);
        position += count;
        return count;
    }

    private int end() {
        return switch (ending) {
            case WHOLE -> {
                ended = true;
                yield -1;
            }
            case TORN -> throw torn("The stream broke off.");
            case STALLED -> {
                stalled.countDown();
                try {
                    closed.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                throw torn("The stream was ended while it stood still.");
            }
        };
    }

    private static ExportException torn(String sentence) {
        return new ExportException(TORN, ErrorKind.TRANSIENT, sentence, "");
    }

    @Override
    public long rows() {
        if (!ended) {
            throw new IllegalStateException("the stream has not ended");
        }
        return rows;
    }

    @Override
    public void close() {
        closed.countDown();
    }
}
