package dev.batchexports.server.workflow;

import static org.assertj.core.api.Assertions.assertThatCode;

import dev.batchexports.server.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// That a label which has not struck ends the process is shown by the tests that survive it, from
/// outside.
class CrashPointsTest {
    @TempDir
    Path markers;

    @Test
    void doesNothingInProduction() {
        assertThatCode(() ->
                        new CrashPoints(new Settings.Testing(List.of(), "", "")).reached(CrashPoints.BEFORE_COMMIT))
                .doesNotThrowAnyException();
    }

    @Test
    void strikesOnce() throws IOException {
        Files.createFile(markers.resolve("halted-at-before-commit"));

        assertThatCode(() -> new CrashPoints(new Settings.Testing(List.of("before-commit"), markers.toString(), ""))
                        .reached(CrashPoints.BEFORE_COMMIT))
                .doesNotThrowAnyException();
    }
}
