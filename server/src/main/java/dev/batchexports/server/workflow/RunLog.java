package dev.batchexports.server.workflow;

import dev.batchexports.server.runs.LogLevel;
import dev.batchexports.server.runs.LogStore;
import dev.batchexports.server.runs.Run;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;

/// The log that users read. A line that cannot be stored never fails a run: it goes to the process's own
/// log instead.
final class RunLog {
    private static final Logger LOG = LoggerFactory.getLogger(RunLog.class);
    private static final String[] UNITS = {"bytes", "KB", "MB", "GB", "TB", "PB", "EB"};

    private final LogStore lines;
    private final InstantSource clock;

    RunLog(LogStore lines, InstantSource clock) {
        this.lines = lines;
        this.clock = clock;
    }

    void add(Run run, LogLevel level, Stage stage, String message) {
        add(run.exportId(), run.id(), level, stage.word(), message);
    }

    /// A line of the export itself, for what belongs to no run.
    void add(UUID exportId, LogLevel level, String stage, String message) {
        add(exportId, null, level, stage, message);
    }

    private void add(UUID exportId, @Nullable UUID runId, LogLevel level, String stage, String message) {
        try {
            lines.append(exportId, runId, level, stage, message, clock.instant());
        } catch (DataAccessException | TransactionException e) {
            LOG.warn("Not stored: export {} run {} {}: {}", exportId, runId, stage, message, e);
        }
    }

    /// `1 row`, `1,234 rows`.
    static String rows(long count) {
        return count == 1 ? "1 row" : String.format(Locale.ROOT, "%,d rows", count);
    }

    /// `1 slice`, `12 slices`.
    static String slices(long count) {
        return count == 1 ? "1 slice" : count + " slices";
    }

    /// `812 bytes`, `1.5 MB`: units of 1000.
    static String bytes(long count) {
        double amount = count;
        int unit = 0;
        while (amount >= 1000 && unit < UNITS.length - 1) {
            amount /= 1000;
            unit++;
        }
        return unit == 0 ? count + " bytes" : String.format(Locale.ROOT, "%.1f %s", amount, UNITS[unit]);
    }

    /// `800 ms`, `12 s`, `3 min 20 s`, `2 h 5 min`.
    static String duration(Duration duration) {
        if (duration.compareTo(Duration.ofSeconds(1)) < 0) {
            return duration.toMillis() + " ms";
        }
        if (duration.compareTo(Duration.ofMinutes(1)) < 0) {
            return duration.toSeconds() + " s";
        }
        return duration.compareTo(Duration.ofHours(1)) < 0
                ? withRest(duration.toMinutes(), "min", duration.toSecondsPart(), "s")
                : withRest(duration.toHours(), "h", duration.toMinutesPart(), "min");
    }

    private static String withRest(long amount, String unit, int rest, String restUnit) {
        return amount + " " + unit + (rest == 0 ? "" : " " + rest + " " + restUnit);
    }
}
