package dev.batchexports.server.workflow;

import dev.batchexports.server.Settings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/// Labelled points at which a test makes this process end as if it were killed. In production no label
/// is set, and a point costs a look into an empty set.
public final class CrashPoints {
    static final String AFTER_START = "after-start";
    static final String AFTER_PLAN = "after-plan";
    static final String TRANSFER_MIDDLE = "transfer-middle";
    static final String BEFORE_RECEIPT = "before-receipt";
    static final String AFTER_RECEIPT = "after-receipt";
    static final String BEFORE_COMMIT = "before-commit";
    static final String AFTER_COMMIT = "after-commit";
    static final String AFTER_FILES = "after-files";
    static final String AFTER_VERIFY = "after-verify";
    static final String BEFORE_FINISH = "before-finish";
    static final String AFTER_FINISH = "after-finish";

    private static final List<String> LABELS = List.of(
            AFTER_START,
            AFTER_PLAN,
            TRANSFER_MIDDLE,
            BEFORE_RECEIPT,
            AFTER_RECEIPT,
            BEFORE_COMMIT,
            AFTER_COMMIT,
            AFTER_FILES,
            AFTER_VERIFY,
            BEFORE_FINISH,
            AFTER_FINISH);

    private static final int KILLED = 137;

    private final Set<String> labels;
    private final Path markers;

    CrashPoints(Settings.Testing testing) {
        this.labels = Set.copyOf(testing.haltAt());
        this.markers = Path.of(testing.haltMarker());
    }

    /// All labels: together they lie in every gap between two effects of a run.
    public static List<String> labels() {
        return LABELS;
    }

    /// Ends the process, with no chance to clean up, if the label is set and has not struck before: it
    /// leaves a marker file, so that the next process passes the point.
    void reached(String label) {
        if (!labels.contains(label)) {
            return;
        }
        try {
            Files.createFile(markers.resolve("halted-at-" + label));
        } catch (FileAlreadyExistsException e) {
            return;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Runtime.getRuntime().halt(KILLED);
    }
}
