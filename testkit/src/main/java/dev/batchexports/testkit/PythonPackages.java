package dev.batchexports.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.opentest4j.TestAbortedException;

/// Programs in Python that only tests need: `./bx test` installs each into a folder of its own below `.bx/tools`.
public final class PythonPackages {
    private PythonPackages() {}

    /// The folder of a tool, for `PYTHONPATH`.
    ///
    /// @param tool as its list of packages in `scripts` is named
    /// @param module a module that the tool cannot be without
    /// @param words what it is called, at the beginning of a sentence
    /// @throws TestAbortedException when it is not installed, or there is no Python
    public static Path of(String tool, String module, String words) {
        String configured = System.getProperty("BX_TOOLS_DIR", System.getenv("BX_TOOLS_DIR"));
        Stream<Path> candidates = configured != null && !configured.isBlank()
                ? Stream.of(Path.of(configured))
                : Stream.<Path>iterate(Path.of("").toAbsolutePath(), PythonPackages::isFolder, Path::getParent)
                        .map(folder -> folder.resolve(".bx").resolve("tools"));
        Path packages = candidates
                .map(tools -> tools.resolve(tool))
                .filter(folder -> Files.isDirectory(folder.resolve(module)))
                .findFirst()
                .orElseThrow(() -> new TestAbortedException(
                        words + " is not installed: run ./bx test, which installs it (it needs Python 3 with pip)."));
        if (!hasPython()) {
            throw new TestAbortedException(words + " needs Python: install python3.");
        }
        return packages;
    }

    private static boolean isFolder(@Nullable Path folder) {
        return folder != null;
    }

    private static boolean hasPython() {
        try {
            return new ProcessBuilder("python3", "--version")
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
