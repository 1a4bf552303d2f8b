package dev.batchexports.server.workflow;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BackoffTest {
    @ParameterizedTest
    @CsvSource({"1, 1", "2, 2", "3, 4", "9, 256", "10, 512", "11, 600", "12, 600", "1000, 600"})
    void doublesFromOneSecondToTenMinutes(int attempt, long seconds) {
        assertThat(Backoff.after(attempt)).isEqualTo(Duration.ofSeconds(seconds));
    }
}
