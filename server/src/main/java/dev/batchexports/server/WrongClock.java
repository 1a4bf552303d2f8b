package dev.batchexports.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/// The system's clock, wrong by as many seconds as a file says at that time: a test makes it jump. A file that is
/// missing or empty says 0.
final class WrongClock extends Clock {
    private final Path shift;
    private final Clock right;

    WrongClock(Path shift) {
        this(shift, Clock.systemUTC());
    }

    private WrongClock(Path shift, Clock right) {
        this.shift = shift;
        this.right = right;
    }

    @Override
    public Instant instant() {
        return right.instant().plusSeconds(seconds());
    }

    private long seconds() {
        try {
            return Long.parseLong(Files.readString(shift).strip());
        } catch (IOException | NumberFormatException e) {
            return 0;
        }
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
        return new WrongClock(shift, right.withZone(zone));
    }
}
