package dev.batchexports.destination.snowflake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
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
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpoolTest {
    @TempDir
    private Path folder;

    /// A worker that keeps a file until it is killed.
    static final class Worker {
        private Worker() {}

        public static void main(String[] arguments) throws IOException, InterruptedException {
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
        return files(".parquet");
    }

    private List<Path> files(String ending) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(ending)).toList();
        }
    }

    /// Has another process look for what the dead have left.
    private void sweep() throws IOException, InterruptedException {
        Process worker = worker();
        try (BufferedReader output =
                new BufferedReader(new InputStreamReader(worker.getInputStream(), StandardCharsets.UTF_8))) {
            Files.delete(Path.of(output.readLine()));
        } finally {
            worker.destroyForcibly().waitFor();
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
    void everySpoolOfAProcessKeepsItsFiles() throws IOException, InterruptedException {
        List<Path> own = List.of(
                new Spool(folder).newFile(),
                new Spool(folder).newFile(),
                new Spool(folder.resolve("..").resolve(folder.getFileName())).newFile());

        sweep();

        assertThat(files()).containsExactlyInAnyOrderElementsOf(own);
    }

    @Test
    void anOwnerWhoseLockFileWasDeletedGetsAnother() throws IOException, InterruptedException {
        Spool spool = new Spool(folder);
        Path before = spool.newFile();
        List<Path> locks = files(".lock");
        for (Path lock : locks) {
            Files.delete(lock);
        }

        Path after = spool.newFile();

        assertThat(files(".lock")).hasSize(1).doesNotContainAnyElementsOf(locks);
        sweep();
        assertThat(files()).containsExactlyInAnyOrder(before, after);
    }

    @Test
    void whatOthersPutIntoTheFolderDoesNoHarm() throws IOException, InterruptedException {
        Spool spool = new Spool(folder);
        Path own = spool.newFile();
        Path elsewhere = Files.createFile(folder.resolve("elsewhere"));
        Path link = Files.createSymbolicLink(folder.resolve("batch-exports-" + UUID.randomUUID() + ".lock"), elsewhere);
        List<Path> strange = List.of(
                link,
                Files.createFile(folder.resolve("batch-exports-*.lock")),
                Files.createFile(folder.resolve("batch-exports-[.lock")),
                Files.createDirectory(folder.resolve("batch-exports-" + UUID.randomUUID() + ".lock")),
                Files.createFile(folder.resolve(link.getFileName().toString().replace(".lock", "-1.parquet"))));

        Path next = spool.newFile();
        sweep();

        assertThat(strange).allMatch(Files::exists);
        assertThat(files()).contains(own, next);
    }

    @Test
    void anInterruptIsNoFullDisk() throws IOException, InterruptedException {
        Spool spool = new Spool(folder);
        Thread.currentThread().interrupt();

        assertThatThrownBy(spool::newFile).isInstanceOf(InterruptedException.class);

        assertThat(Thread.interrupted()).isFalse();
        assertThat(files(".lock")).isEmpty();
        assertThat(spool.newFile()).exists();
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
