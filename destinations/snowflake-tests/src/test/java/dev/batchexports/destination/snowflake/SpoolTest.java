package dev.batchexports.destination.snowflake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.batchexports.core.error.ErrorKind;
import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.source.EncodedRows;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpoolTest {
    @TempDir
    private Path folder;

    /// A worker that keeps a file until it is killed.
    static final class Worker {
        private Worker() {}

        public static void main(String[] arguments) throws IOException {
            System.out.println(new Spool(Path.of(arguments[0])).newFile());
            int _ = System.in.read();
        }
    }

    private Process worker() throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Worker.class.getName(),
                        folder.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".parquet")).toList();
        }
    }

    @Test
    void rowsOfAWorkerThatWasKilledAreDeletedAndThoseOfOneThatLivesAreKept() throws IOException, InterruptedException {
        Spool spool = new Spool(folder);
        Process worker = worker();
        try (BufferedReader output =
                new BufferedReader(new InputStreamReader(worker.getInputStream(), StandardCharsets.UTF_8))) {
            Path left = Path.of(output.readLine());

            Path own = spool.newFile();
            assertThat(files()).containsExactlyInAnyOrder(left, own);
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(own)))
                    .isEqualTo("rw-------");

            worker.destroyForcibly().waitFor();
            Path next = spool.newFile();
            assertThat(files()).containsExactlyInAnyOrder(own, next);
        } finally {
            worker.destroyForcibly();
        }
    }

    @Test
    void aFullDiskIsRetriedAndLeavesNothing() throws IOException, InterruptedException {
        assumeThat(run("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder.toString()))
                .as("only root may mount a small file system")
                .isZero();
        try {
            ExportException failure = catchThrowableOfType(
                    ExportException.class, () -> SpooledSlice.of(new Spool(folder), new EndlessRows(), bytes -> {}));

            assertThat(failure.code()).isEqualTo("SpoolFailed");
            assertThat(failure.kind()).isEqualTo(ErrorKind.TRANSIENT);
            assertThat(failure.fix()).contains(folder.toString());
            assertThat(files()).isEmpty();
        } finally {
            run("umount", "--lazy", folder.toString());
        }
    }

    private static int run(String... command) throws IOException, InterruptedException {
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
    }

    private static final class EndlessRows implements EncodedRows {
        @Override
        public int read(byte[] buffer, int offset, int length) {
            return length;
        }

        @Override
        public long rows() {
            throw new IllegalStateException("they never end");
        }

        @Override
        public void close() {
            // Holds nothing.
        }
    }
}
