package dev.batchexports.endtoend;

import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;

/// What happens during a campaign, as it happens, with the seconds since its begin.
final class CampaignLog {
    private final PrintStream out;
    private final Instant begin = Instant.now();

    CampaignLog(PrintStream out) {
        this.out = out;
    }

    void say(String message) {
        double seconds = Duration.between(begin, Instant.now()).toMillis() / 1000.0;
        out.println(String.format(Locale.ROOT, "[%7.1f s] %s", seconds, message));
    }
}
