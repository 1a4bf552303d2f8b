package dev.batchexports.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

/// Settings that do not go together.
class SettingsTest {
    @Test
    void anApiKeyForTemporalIsNotSentUnencrypted() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Settings.Temporal("cloud:7233", "default", "canary-key", false, ""))
                .withMessageContaining("BX_TEMPORAL_TLS=true")
                .withMessageNotContaining("canary-key");

        assertThat(new Settings.Temporal("cloud:7233", "default", "canary-key", true, ""))
                .asString()
                .doesNotContain("canary-key");
    }
}
