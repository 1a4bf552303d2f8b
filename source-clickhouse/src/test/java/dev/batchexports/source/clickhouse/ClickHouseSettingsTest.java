package dev.batchexports.source.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.batchexports.core.secret.Secret;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClickHouseSettingsTest {
    private static ClickHouseSettings at(String url) {
        return ClickHouseSettings.of(url, "exporter", new Secret("canary-4711"), "analytics");
    }

    @Test
    void theDefaultsAre() {
        ClickHouseSettings settings = at("http://clickhouse:8123");

        assertThat(settings.maxThreads()).isEqualTo(4);
        assertThat(settings.maxMemoryBytes()).isEqualTo(4L << 30);
        assertThat(settings.readPriority()).isZero();
        assertThat(settings.connectTimeout()).isEqualTo(Duration.ofSeconds(10));
        assertThat(settings.socketTimeout()).isEqualTo(Duration.ofMinutes(5));
        assertThat(settings.extraSettings()).isEmpty();
    }

    @Test
    void thePasswordIsNotShown() {
        assertThat(at("https://clickhouse:8443").toString()).doesNotContain("canary-4711");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "clickhouse:8123",
                "tcp://clickhouse:9000",
                "http:///path",
                "http://user:secret@clickhouse:8123",
                "http://clickhouse:8123/?password=secret"
            })
    void urlsOfAnotherKindAreRefused(String url) {
        assertThatThrownBy(() -> at(url))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageNotContaining("secret");
    }

    @Test
    void limitsMustBePositive() {
        ClickHouseSettings settings = at("http://clickhouse:8123");

        assertThatThrownBy(() -> settings.withQueryLimits(0, 1, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> settings.withQueryLimits(1, 0, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> settings.withQueryLimits(1, 1, -1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> settings.withTimeouts(Duration.ZERO, Duration.ofSeconds(1)))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
