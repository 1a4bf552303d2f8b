package dev.batchexports.server.request;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/// Times as requests hold them: RFC 3339 with a zone. They are cut to microseconds, the precision of
/// interval bounds.
public final class RequestTime {
    public static final String EXPECTED =
            "must be an RFC 3339 time with a zone, such as 2026-11-23T10:00:00Z, between the years 1970 and 9999";

    private static final Instant EARLIEST = Instant.EPOCH;
    private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59.999999Z");

    private RequestTime() {}

    public static Optional<Instant> parse(String text) {
        try {
            Instant time = OffsetDateTime.parse(text).toInstant().truncatedTo(ChronoUnit.MICROS);
            return time.isBefore(EARLIEST) || time.isAfter(LATEST) ? Optional.empty() : Optional.of(time);
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }
}
