package dev.batchexports.cli;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Optional;

/// Times, sizes and counts as a person reads them, in the zone of this machine, which each time names.
///
/// @param now what times are relative to
record Words(Instant now, ZoneId zone) {
    private static final DateTimeFormatter MINUTE = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm", Locale.ROOT);
    private static final DateTimeFormatter SECOND = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT);
    private static final DateTimeFormatter CLOCK = DateTimeFormatter.ofPattern("HH:mm", Locale.ROOT);
    private static final DateTimeFormatter CLOCK_SECOND = DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT);
    private static final String[] UNITS = {"B", "KB", "MB", "GB", "TB", "PB"};

    static Words now(Clock clock) {
        return new Words(clock.instant(), clock.getZone());
    }

    /// `2026-11-23 18:00 UTC`
    String time(Instant time) {
        ZonedDateTime local = time.atZone(zone);
        return date(local) + " " + zoneName(local);
    }

    /// `2026-11-23 18:00 UTC (3 min ago)`; a dash for none.
    String timeAndAge(Optional<Instant> time) {
        return time.map(known -> time(known) + " (" + age(known) + ")").orElse("-");
    }

    /// `3 min ago`, `in 2 h`; a dash for none.
    String age(Optional<Instant> time) {
        return time.map(this::age).orElse("-");
    }

    String age(Instant time) {
        Duration past = Duration.between(time, now);
        return past.isNegative() ? "in " + length(past.negated()) : length(past) + " ago";
    }

    /// `2026-11-23 18:00 to 19:00 UTC`
    String interval(Instant start, Instant end) {
        ZonedDateTime from = start.atZone(zone);
        ZonedDateTime to = end.atZone(zone);
        String until = from.toLocalDate().equals(to.toLocalDate())
                ? to.format(hasSeconds(to) ? CLOCK_SECOND : CLOCK)
                : date(to);
        return date(from) + " to " + until + " " + zoneName(to);
    }

    /// `42 s`, `3 min`, `5 h`, `12 d`
    static String length(Duration length) {
        long seconds = length.toSeconds();
        if (seconds < 60) {
            return seconds + " s";
        }
        if (seconds < 3_600) {
            return seconds / 60 + " min";
        }
        return seconds < 172_800 ? seconds / 3_600 + " h" : seconds / 86_400 + " d";
    }

    /// `1,234,567`
    static String count(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    /// `87.8 MB`
    static String bytes(long bytes) {
        double size = bytes;
        int unit = 0;
        while (size >= 999.95 && unit < UNITS.length - 1) {
            size /= 1_000;
            unit++;
        }
        return unit == 0 ? bytes + " B" : String.format(Locale.ROOT, "%.1f %s", size, UNITS[unit]);
    }

    /// `1 row`, `2 rows`
    static String counted(long number, String thing) {
        return count(number) + " " + thing + (number == 1 ? "" : "s");
    }

    private static String date(ZonedDateTime time) {
        return time.format(hasSeconds(time) ? SECOND : MINUTE);
    }

    private static boolean hasSeconds(ZonedDateTime time) {
        return !time.truncatedTo(ChronoUnit.MINUTES).equals(time);
    }

    private static String zoneName(ZonedDateTime time) {
        ZoneOffset offset = time.getOffset();
        return offset.getTotalSeconds() == 0 ? "UTC" : "UTC" + offset.getId();
    }
}
