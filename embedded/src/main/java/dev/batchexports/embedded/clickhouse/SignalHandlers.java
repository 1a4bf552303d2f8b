package dev.batchexports.embedded.clickhouse;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;

/// Looks at who handles the signals that the Java virtual machine lives on.
///
/// The engine can install handlers of its own. With those in place the virtual machine hangs at its next safepoint,
/// long
/// after the cause: better to refuse to start.
final class SignalHandlers {
    private static final int SEGMENTATION_FAULT = 11;
    private static final int SIGACTION_BYTES = 152;
    private static final MethodHandle SIGACTION =
            NativeCalls.libc("sigaction", NativeCalls.INT, NativeCalls.INT, NativeCalls.POINTER, NativeCalls.POINTER);

    private SignalHandlers() {}

    /// @throws IllegalStateException if another library handles segmentation faults
    static void requireThoseOfTheVirtualMachine() throws IOException {
        long handler = handler(SEGMENTATION_FAULT);
        String owner = libraryAt(handler);
        if (!owner.endsWith("libjvm.so")) {
            throw new IllegalStateException(
                    "The engine has taken over the signal handlers (%s): this version of libchdb cannot be used."
                            .formatted(owner));
        }
    }

    private static long handler(int signal) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment action = arena.allocate(SIGACTION_BYTES, Long.BYTES);
            if ((int) SIGACTION.invokeExact(signal, MemorySegment.NULL, action) != 0) {
                throw new IllegalStateException("The signal handlers cannot be read.");
            }
            return action.get(ValueLayout.JAVA_LONG, 0);
        } catch (Throwable failure) {
            throw NativeCalls.failed(failure);
        }
    }

    private static String libraryAt(long address) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/maps"))) {
            String[] range = line.substring(0, line.indexOf(' ')).split("-", 2);
            if (Long.compareUnsigned(address, Long.parseUnsignedLong(range[0], 16)) >= 0
                    && Long.compareUnsigned(address, Long.parseUnsignedLong(range[1], 16)) < 0) {
                return line;
            }
        }
        return "unknown code";
    }
}
