package dev.batchexports.embedded.clickhouse;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/// A pipe of the operating system: the engine writes a result into it as into a file, and the front reads it.
///
/// The engine's own streaming makes a document of each chunk; `INTO OUTFILE` a pipe yields one document in every
/// format.
final class Pipe {
    private static final int CLOSE_ON_EXEC = 0x80000;
    private static final int SET_PIPE_SIZE = 1031;
    private static final int CAPACITY_BYTES = 1 << 20;

    private static final MethodHandle PIPE2 =
            NativeCalls.libc("pipe2", NativeCalls.INT, NativeCalls.POINTER, NativeCalls.INT);
    private static final MethodHandle FCNTL =
            NativeCalls.libc("fcntl", NativeCalls.INT, NativeCalls.INT, NativeCalls.INT, NativeCalls.INT);
    private static final MethodHandle CLOSE = NativeCalls.libc("close", NativeCalls.INT, NativeCalls.INT);
    private static final MethodHandle READ =
            NativeCalls.libc("read", NativeCalls.SIZE, NativeCalls.INT, NativeCalls.POINTER, NativeCalls.SIZE);

    private final int readEnd;
    private final int writeEnd;

    private Pipe(int readEnd, int writeEnd) {
        this.readEnd = readEnd;
        this.writeEnd = writeEnd;
    }

    static Pipe open() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment ends = arena.allocate(NativeCalls.INT, 2);
            if ((int) PIPE2.invokeExact(ends, CLOSE_ON_EXEC) != 0) {
                throw new IOException("The operating system gives no further pipe.");
            }
            Pipe pipe = new Pipe(ends.getAtIndex(NativeCalls.INT, 0), ends.getAtIndex(NativeCalls.INT, 1));
            // A smaller pipe works too: the result does not matter.
            int _ = (int) FCNTL.invokeExact(pipe.writeEnd, SET_PIPE_SIZE, CAPACITY_BYTES);
            return pipe;
        } catch (IOException failure) {
            throw failure;
        } catch (Throwable failure) {
            throw NativeCalls.failed(failure);
        }
    }

    /// The name under which this process can open the writing end.
    String writePath() {
        return "/dev/fd/" + writeEnd;
    }

    /// Reads what is there, and waits if nothing is.
    ///
    /// @return the count of bytes; 0 at the end
    long read(MemorySegment target) throws IOException {
        try {
            long count = (long) READ.invokeExact(readEnd, target, target.byteSize());
            if (count < 0) {
                throw new IOException("The pipe from the engine could not be read.");
            }
            return count;
        } catch (IOException failure) {
            throw failure;
        } catch (Throwable failure) {
            throw NativeCalls.failed(failure);
        }
    }

    void closeRead() {
        close(readEnd);
    }

    void closeWrite() {
        close(writeEnd);
    }

    private static void close(int end) {
        try {
            int _ = (int) CLOSE.invokeExact(end);
        } catch (Throwable failure) {
            throw NativeCalls.failed(failure);
        }
    }
}
