package dev.batchexports.benchmarks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// What one process and its children use, from Linux's `/proc`.
final class Meter {
    /// Linux counts CPU time in hundredths of a second on every machine of today.
    private static final double TICKS_PER_SECOND = 100;
    /// Positions in `/proc/<pid>/stat` behind the program's name, which may hold spaces.
    private static final int USER_TIME = 11;

    private static final int TIMES = 4;

    /// What a Java process calls the threads that compile its code.
    private static final Pattern COMPILER = Pattern.compile("C[12] CompilerThre.*");

    private final long pid;
    private final double cpuBefore;
    private final double compilersBefore;

    private Meter(long pid) {
        this.pid = pid;
        this.cpuBefore = cpuSeconds();
        this.compilersBefore = compilerSecondsSoFar();
    }

    /// Begins to measure; the peak of memory begins anew.
    static Meter start(long pid) {
        forEach(pid, Meter::forgetPeak);
        return new Meter(pid);
    }

    private interface Action {
        void on(Path process) throws IOException;
    }

    /// The process, and those that it has started and that are still there.
    private static void forEach(long pid, Action action) {
        Stream<Long> children = ProcessHandle.of(pid).stream()
                .flatMap(ProcessHandle::descendants)
                .map(ProcessHandle::pid);
        for (long each : Stream.concat(Stream.of(pid), children).toList()) {
            try {
                action.on(Path.of("/proc", Long.toString(each)));
            } catch (IOException _) {
                // It has ended in the meantime.
            }
        }
    }

    private static void forgetPeak(Path process) throws IOException {
        Files.writeString(process.resolve("clear_refs"), "5");
    }

    private double cpuSeconds() {
        double[] ticks = new double[1];
        forEach(pid, process -> {
            String stat = stat(process);
            for (int index = USER_TIME; index < USER_TIME + TIMES; index++) {
                ticks[0] += number(stat, index);
            }
        });
        return ticks[0] / TICKS_PER_SECOND;
    }

    private double compilerSecondsSoFar() {
        double ticks = 0;
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(Path.of("/proc", Long.toString(pid), "task"))) {
            for (Path thread : threads) {
                String stat = stat(thread);
                String name = stat.substring(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
                if (COMPILER.matcher(name).matches()) {
                    ticks += number(stat, USER_TIME) + number(stat, USER_TIME + 1);
                }
            }
        } catch (IOException _) {
            // A thread has ended in the meantime.
        }
        return ticks / TICKS_PER_SECOND;
    }

    private static String stat(Path processOrThread) throws IOException {
        return Files.readString(processOrThread.resolve("stat"), StandardCharsets.ISO_8859_1);
    }

    private static double number(String stat, int index) {
        return Long.parseLong(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[index]);
    }

    /// CPU time since the start that a Java process itself took to compile its code: what a process that works for
    /// long no longer needs. That of compiler threads that have ended is not in it.
    double compilerSeconds() {
        return compilerSecondsSoFar() - compilersBefore;
    }

    private long peakBytes() {
        long[] bytes = new long[1];
        forEach(pid, process -> {
            List<String> lines = Files.readAllLines(process.resolve("status"), StandardCharsets.ISO_8859_1);
            lines.stream()
                    .filter(line -> line.startsWith("VmHWM:"))
                    .forEach(line -> bytes[0] += Long.parseLong(line.replaceAll("\\D", "")) * 1024);
        });
        return bytes[0];
    }

    /// What was used since the start. The peaks of several processes are added up.
    Usage stop() {
        return new Usage(cpuSeconds() - cpuBefore, peakBytes());
    }
}
