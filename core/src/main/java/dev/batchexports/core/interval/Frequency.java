package dev.batchexports.core.interval;

import java.time.Duration;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// How long an interval is: the API's `interval` (`hour`, `day`, `week`, `every 5 minutes`).
public sealed interface Frequency {
    /// Every hour, on the hour of UTC.
    record Hour() implements Frequency {
        @Override
        public String toString() {
            return "hour";
        }
    }

    /// Every calendar day of the zone, from the offset hour on: 23 or 25 hours long when clocks change.
    record Day() implements Frequency {
        @Override
        public String toString() {
            return "day";
        }
    }

    /// Every calendar week of the zone, from the offset day and hour on.
    record Week() implements Frequency {
        @Override
        public String toString() {
            return "week";
        }
    }

    /// A fixed length that divides the hour, aligned to the epoch.
    record Every(Duration length) implements Frequency {
        public Every {
            if (length.isNegative() || length.isZero() || Duration.ofHours(1).toSeconds() % length.toSeconds() != 0) {
                throw new IllegalArgumentException("an interval length must divide the hour: " + length);
            }
        }

        /// Whether this length is one of the public ones; shorter ones exist for tests alone.
        public boolean isPublic() {
            return length.toSecondsPart() == 0 && PUBLIC_MINUTES.contains(length.toMinutes());
        }

        @Override
        public String toString() {
            return length.toSecondsPart() == 0
                    ? "every " + length.toMinutes() + " minutes"
                    : "every " + length.toSeconds() + " seconds";
        }
    }

    Set<Long> PUBLIC_MINUTES = Set.of(5L, 10L, 15L, 20L, 30L);

    Pattern EVERY = Pattern.compile("every (\\d{1,4}) (minutes|seconds)");

    /// Parses the API's form. `every N seconds` is accepted here; whether a user may ask for it is the
    /// API's decision (see [Every#isPublic()]).
    ///
    /// @throws IllegalArgumentException naming the accepted forms
    static Frequency parse(String text) {
        return switch (text) {
            case "hour" -> new Hour();
            case "day" -> new Day();
            case "week" -> new Week();
            case String other -> parseEvery(other);
        };
    }

    private static Frequency parseEvery(String text) {
        Matcher matcher = EVERY.matcher(text);
        if (matcher.matches()) {
            long count = Long.parseLong(matcher.group(1));
            Duration length =
                    matcher.group(2).equals("minutes") ? Duration.ofMinutes(count) : Duration.ofSeconds(count);
            if (count > 0 && length.compareTo(Duration.ofHours(1)) < 0 && 3600 % length.toSeconds() == 0) {
                return new Every(length);
            }
        }
        throw new IllegalArgumentException(
                "interval must be hour, day, week or every N minutes with N one of 5, 10, 15," + " 20 or 30, not \""
                        + text + "\"");
    }
}
