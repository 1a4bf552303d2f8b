package dev.batchexports.source.clickhouse;

import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.interval.Interval;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Locale;

/// The column whose value decides to which interval a row belongs, and how bounds are compared with it.
///
/// A bound is a parameter of the column's own type, rounded up to the column's resolution. That changes
/// nothing for values that have this resolution, and leaves no conversion between types, neither in the
/// comparison nor in ClickHouse's index analysis, in which sub-second bounds could go wrong.
///
/// @param column its name in the relation
/// @param digits decimal digits of a second that the column holds: 0 to 9
/// @param seconds whether it is a `DateTime`
record LandingTime(String column, int digits, boolean seconds) {
    private static final DateTimeFormatter TO_THE_NANOSECOND =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSSSSSSSS", Locale.ROOT);
    private static final long MICROS_OF_SECOND = 1_000_000;

    private static final Instant DATE_TIME_MIN = Instant.EPOCH;
    private static final Instant DATE_TIME_MAX = Instant.ofEpochSecond(0xffff_ffffL);
    private static final Instant DATE_TIME_64_MIN = Instant.parse("1900-01-01T00:00:00Z");
    /// What nanoseconds in 64 bits reach.
    private static final Instant DATE_TIME_64_MAX = Instant.parse("2262-04-11T23:47:16Z");

    /// @throws ExportException `BadLandingTimeColumn` unless the type is DateTime or DateTime64
    static LandingTime of(String column, ColumnType type) {
        if (!type.isWrapped()) {
            switch (type.name()) {
                case "DateTime" -> {
                    return new LandingTime(column, 0, true);
                }
                case "DateTime64" -> {
                    return new LandingTime(column, type.firstArgument().orElse(3), false);
                }
                default -> {
                    // Reported below.
                }
            }
        }
        throw ExportException.user(
                "BadLandingTimeColumn",
                "The landing-time column " + column + " is of type " + type + ".",
                "Name a column of type DateTime or DateTime64 that is not Nullable: it decides to which interval a"
                        + " row belongs.");
    }

    /// The smallest step between two values that this program tells apart, in microseconds.
    long resolutionMicros() {
        long resolution = MICROS_OF_SECOND;
        for (int digit = 0; digit < Math.min(digits, 6); digit++) {
            resolution /= 10;
        }
        return resolution;
    }

    /// Adds `column >= start AND column < end`.
    void addRange(Statement.Builder statement, Interval range, String prefix) {
        String quoted = Identifier.quote(column);
        statement.add(quoted + " >= ");
        addBound(statement, prefix + "start", range.start());
        statement.add(" AND " + quoted + " < ");
        addBound(statement, prefix + "end", range.end());
    }

    private void addBound(Statement.Builder statement, String name, Instant bound) {
        String type = seconds ? "DateTime('UTC')" : "DateTime64(" + digits + ", 'UTC')";
        statement.addParameter(name, type, text(bound));
    }

    /// The microseconds since 1970 of a value, as SQL.
    String microsExpression() {
        String quoted = Identifier.quote(column);
        return seconds
                ? "toInt64(toUnixTimestamp(" + quoted + ")) * " + MICROS_OF_SECOND
                : "toUnixTimestamp64Micro(" + quoted + ")";
    }

    /// The first value at or after a bound, in microseconds since 1970.
    long firstMicrosFrom(Instant bound) {
        long micros = ChronoUnit.MICROS.between(Instant.EPOCH, clamped(bound));
        long resolution = resolutionMicros();
        return Math.ceilDiv(micros, resolution) * resolution;
    }

    private String text(Instant bound) {
        return text(Instant.EPOCH.plus(firstMicrosFrom(bound), ChronoUnit.MICROS), digits);
    }

    /// A time as the value of a parameter of type `DateTime64(digits, 'UTC')`; one that the type cannot hold
    /// becomes its edge.
    static String text(Instant instant, int digits) {
        Instant held = clamped(instant, DATE_TIME_64_MIN, DATE_TIME_64_MAX);
        String text = TO_THE_NANOSECOND.format(LocalDateTime.ofInstant(held, ZoneOffset.UTC));
        int seconds = text.indexOf('.');
        return digits == 0 ? text.substring(0, seconds) : text.substring(0, seconds + 1 + digits);
    }

    /// What lies outside of the type's range compares like its edge.
    private Instant clamped(Instant bound) {
        return seconds
                ? clamped(bound, DATE_TIME_MIN, DATE_TIME_MAX)
                : clamped(bound, DATE_TIME_64_MIN, DATE_TIME_64_MAX);
    }

    private static Instant clamped(Instant bound, Instant least, Instant greatest) {
        return bound.isBefore(least) ? least : bound.isAfter(greatest) ? greatest : bound;
    }
}
