package dev.batchexports.server.commands;

import java.io.Console;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Optional;

/// The terminal of the demo: lines, and progress that is replaced in place on a terminal and printed now
/// and then elsewhere.
final class Screen {
    private static final int BAR = 30;
    private static final Duration PLAIN_INTERVAL = Duration.ofSeconds(5);

    private final PrintWriter out;
    private final boolean terminal;
    private long lastProgress = Long.MIN_VALUE;
    private boolean progressShown;

    Screen(PrintWriter out) {
        this.out = out;
        this.terminal =
                Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false);
    }

    synchronized void title(String text) {
        clear();
        out.println();
        out.println(text);
        out.flush();
    }

    synchronized void line(String text) {
        clear();
        out.println("  " + text);
        out.flush();
    }

    synchronized void progress(String what, long done, long total) {
        long now = System.nanoTime();
        if (!terminal) {
            if (lastProgress != Long.MIN_VALUE && now - lastProgress < PLAIN_INTERVAL.toNanos()) {
                return;
            }
            lastProgress = now;
            out.printf("  %s: %,d of %,d%n", what, done, total);
            out.flush();
            return;
        }
        int filled = total == 0 ? BAR : (int) (BAR * done / total);
        out.printf("\r\033[K  [%s%s] %s: %,d of %,d", "#".repeat(filled), "-".repeat(BAR - filled), what, done, total);
        out.flush();
        progressShown = true;
    }

    private void clear() {
        if (progressShown) {
            out.print("\r\033[K");
            progressShown = false;
        }
        lastProgress = Long.MIN_VALUE;
    }
}
