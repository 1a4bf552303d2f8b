package dev.batchexports.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The campaign would prove nothing if the clock were right all the time.
class WrongClockTest {
    @Test
    void isWrongByWhatTheFileSaysAtThatTime(@TempDir Path folder) throws IOException {
        Path shift = folder.resolve("shift");
        Clock clock = new WrongClock(shift);

        assertThat(clock.instant()).isCloseTo(Instant.now(), within(1, ChronoUnit.MINUTES));
        Files.writeString(shift, "-3600");
        assertThat(clock.instant()).isCloseTo(Instant.now().minus(Duration.ofHours(1)), within(1, ChronoUnit.MINUTES));
        Files.writeString(shift, "7200\n");
        assertThat(clock.instant()).isCloseTo(Instant.now().plus(Duration.ofHours(2)), within(1, ChronoUnit.MINUTES));
        Files.delete(shift);
        assertThat(clock.instant()).isCloseTo(Instant.now(), within(1, ChronoUnit.MINUTES));
    }
}
