package dev.batchexports.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ToolsTest {
    @Test
    void findsTheToolsOfThisCheckout() {
        assertThat(Tools.locate().libchdb()).isRegularFile();
    }

    @Test
    void saysHowToInstallWhatIsMissing(@TempDir Path folder) {
        assertThatThrownBy(() -> Tools.in(folder))
                .isInstanceOf(EmbeddedException.class)
                .hasMessageContaining("run ./bx setup");
    }
}
