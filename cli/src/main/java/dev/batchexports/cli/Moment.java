package dev.batchexports.cli;

import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// A time on the command line: RFC 3339, a date (its midnight in UTC), `now`, or how long ago.
record Moment(Instant time) {
    static final String FORMS =
            "2026-11-01T00:00:00Z, 2026-11-01 (midnight UTC), now, or how long ago: 30m, 6h, 2d, 1w";

    private static final Pattern AGO = Pattern.compile("(\\d{1,5})([mhdw])");

    @Override
    public String toString() {
        return time.toString();
    }

    static final class Converter implements ITypeConverter<Moment> {
        private final Clock clock = Clock.systemUTC();

        @Override
        public Moment convert(String text) {
            Matcher ago = AGO.matcher(text);
            try {
                if (text.equals("now")) {
                    return new Moment(clock.instant());
                }
                if (ago.matches()) {
                    return new Moment(clock.instant().minus(length(Long.parseLong(ago.group(1)), ago.group(2))));
                }
                return new Moment(
                        text.contains("T")
                                ? OffsetDateTime.parse(text).toInstant()
                                : LocalDate.parse(text)
                                        .atStartOfDay(ZoneOffset.UTC)
                                        .toInstant());
            } catch (DateTimeParseException e) {
                throw new TypeConversionException("\"" + text + "\" is not a time: write " + FORMS);
            } catch (DateTimeException e) {
                throw new TypeConversionException("\"" + text + "\" is too long ago");
            }
        }

        private static Duration length(long count, String unit) {
            return switch (unit) {
                case "m" -> Duration.ofMinutes(count);
                case "h" -> Duration.ofHours(count);
                case "d" -> Duration.ofDays(count);
                case String _ -> Duration.ofDays(7 * count);
            };
        }
    }
}
