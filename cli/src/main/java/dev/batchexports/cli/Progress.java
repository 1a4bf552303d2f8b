package dev.batchexports.cli;

import java.io.Console;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Optional;

/// How far something is, on standard error: a line that is replaced in place on a terminal; elsewhere a
/// line whenever it has changed, but not more often than every few seconds.
final class Progress implements AutoCloseable {
    private static final Duration PLAIN_INTERVAL = Duration.ofSeconds(5);
    private static final String CLEAR = "\r\033[K";

    private final PrintWriter err;
    private final boolean terminal =
            Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false);
    private String shown = "";
    private long shownAt;

    Progress(PrintWriter err) {
        this.err = err;
    }

    void show(String line) {
        if (line.equals(shown)) {
            return;
        }
        if (terminal) {
            err.print(CLEAR + line);
        } else if (!shown.isEmpty() && System.nanoTime() - shownAt < PLAIN_INTERVAL.toNanos()) {
            return;
        } else {
            err.println(line);
        }
        shown = line;
        shownAt = System.nanoTime();
        err.flush();
    }

    @Override
    public void close() {
        if (terminal && !shown.isEmpty()) {
            err.print(CLEAR);
            err.flush();
        }
    }

    static String bar(long done, long total) {
        int width = 24;
        int filled = total <= 0 ? 0 : (int) Math.min(width, width * done / total);
        return "[" + "#".repeat(filled) + "-".repeat(width - filled) + "]";
    }
}
