package dev.batchexports.embedded.clickhouse;

import static dev.batchexports.embedded.clickhouse.NativeCalls.INT;
import static dev.batchexports.embedded.clickhouse.NativeCalls.POINTER;
import static dev.batchexports.embedded.clickhouse.NativeCalls.SIZE;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The C interface of `libchdb.so` 26.7: the ClickHouse engine inside this process.
///
/// One path belongs to one process. Connections run side by side, statements on one connection one after the other; a
/// second statement silently ends a stream that is still open on its connection, so each request takes a connection
/// of its
/// own (0.3 ms).
final class Chdb {
    private final MethodHandle connect;
    private final MethodHandle closeConnection;
    private final MethodHandle query;
    private final MethodHandle destroyResult;
    private final MethodHandle resultBuffer;
    private final MethodHandle resultLength;
    private final MethodHandle resultError;
    private final MethodHandle resultRowsRead;
    private final MethodHandle resultRowsWritten;
    private final MethodHandle resultBytesWritten;
    private final MethodHandle resultStorageRowsRead;
    private final MethodHandle resultStorageBytesRead;
    private final MethodHandle openInsert;
    private final MethodHandle insertError;
    private final MethodHandle appendToInsert;
    private final MethodHandle finishInsert;
    private final MethodHandle cancelInsert;
    private final MethodHandle destroyInsert;

    /// Loads the library and keeps it from taking over the signal handlers of the Java virtual machine.
    Chdb(Path library) {
        SymbolLookup symbols = SymbolLookup.libraryLookup(library, Arena.global());
        MethodHandle setSignalHandlersEnabled = procedure(symbols, "chdb_set_signal_handlers_enabled", INT);
        try {
            setSignalHandlersEnabled.invokeExact(0);
        } catch (Throwable failure) {
            throw NativeCalls.failed(failure);
        }
        connect = function(symbols, "chdb_connect", POINTER, INT, POINTER);
        closeConnection = procedure(symbols, "chdb_close_conn", POINTER);
        query = function(symbols, "chdb_query_n", POINTER, POINTER, POINTER, SIZE, POINTER, SIZE);
        destroyResult = procedure(symbols, "chdb_destroy_query_result", POINTER);
        resultBuffer = function(symbols, "chdb_result_buffer", POINTER, POINTER);
        resultLength = function(symbols, "chdb_result_length", SIZE, POINTER);
        resultError = function(symbols, "chdb_result_error", POINTER, POINTER);
        resultRowsRead = function(symbols, "chdb_result_rows_read", SIZE, POINTER);
        resultRowsWritten = function(symbols, "chdb_result_rows_written", SIZE, POINTER);
        resultBytesWritten = function(symbols, "chdb_result_bytes_written", SIZE, POINTER);
        resultStorageRowsRead = function(symbols, "chdb_result_storage_rows_read", SIZE, POINTER);
        resultStorageBytesRead = function(symbols, "chdb_result_storage_bytes_read", SIZE, POINTER);
        openInsert = function(symbols, "chdb_stream_insert_n", POINTER, POINTER, POINTER, SIZE, POINTER, SIZE);
        insertError = function(symbols, "chdb_stream_insert_error", POINTER, POINTER);
        appendToInsert = function(symbols, "chdb_stream_append", INT, POINTER, POINTER, SIZE);
        finishInsert = function(symbols, "chdb_stream_done", POINTER, POINTER);
        cancelInsert = procedure(symbols, "chdb_stream_cancel_insert", POINTER);
        destroyInsert = procedure(symbols, "chdb_destroy_insert_stream", POINTER);
    }

    /// Opens a connection to the data in a folder; the first one starts the engine.
    Connection connect(Path dataFolder) {
        List<String> arguments = List.of("clickhouse", "--path=" + dataFolder);
        // The engine may keep the arguments: they are never freed.
        Arena arena = Arena.global();
        MemorySegment vector = arena.allocate(MemoryLayout.sequenceLayout(arguments.size() + 1L, POINTER));
        for (int index = 0; index < arguments.size(); index++) {
            vector.setAtIndex(POINTER, index, arena.allocateFrom(arguments.get(index)));
        }
        return connect(arguments.size(), vector);
    }

    private Connection connect(int count, MemorySegment arguments) {
        MemorySegment holder;
        try {
            holder = (MemorySegment) connect.invokeExact(count, arguments);
        } catch (Throwable failure) {
            throw NativeCalls.failed(failure);
        }
        if (holder.address() == 0) {
            throw new IllegalStateException(
                    "The engine could not be opened; another process may be using its data folder.");
        }
        return new Connection(holder, arguments, count);
    }

    private static MethodHandle function(
            SymbolLookup symbols, String name, MemoryLayout result, MemoryLayout... arguments) {
        return NativeCalls.function(symbols, name, FunctionDescriptor.of(result, arguments));
    }

    private static MethodHandle procedure(SymbolLookup symbols, String name, MemoryLayout... arguments) {
        return NativeCalls.function(symbols, name, FunctionDescriptor.ofVoid(arguments));
    }

    private static Optional<String> text(MemorySegment pointer) {
        return pointer.address() == 0
                ? Optional.empty()
                : Optional.of(pointer.reinterpret(Long.MAX_VALUE).getString(0));
    }

    /// One session of the engine, with its own settings, temporary tables and current database. Not for two threads
    /// at once.
    final class Connection implements AutoCloseable {
        private final MemorySegment holder;
        private final MemorySegment connection;
        private final MemorySegment arguments;
        private final int argumentCount;

        private Connection(MemorySegment holder, MemorySegment arguments, int argumentCount) {
            this.holder = holder;
            this.connection = holder.reinterpret(POINTER.byteSize()).get(POINTER, 0);
            this.arguments = arguments;
            this.argumentCount = argumentCount;
        }

        /// A further connection to the same data.
        Connection another() {
            return connect(argumentCount, arguments);
        }

        /// Runs one statement to its end.
        ///
        /// @param format the output format of a statement that names none
        Answer query(String sql, String format) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment text = NativeCalls.utf8(arena, sql);
                MemorySegment formatText = NativeCalls.utf8(arena, format);
                MemorySegment result = (MemorySegment)
                        query.invokeExact(connection, text, text.byteSize(), formatText, formatText.byteSize());
                return answer(result);
            } catch (Throwable failure) {
                throw NativeCalls.failed(failure);
            }
        }

        /// Begins `INSERT INTO ...` whose rows follow in a format.
        ///
        /// @param sql the statement without its format
        Insert insert(String sql, String format) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment text = NativeCalls.utf8(arena, sql);
                MemorySegment formatText = NativeCalls.utf8(arena, format);
                return new Insert((MemorySegment)
                        openInsert.invokeExact(connection, text, text.byteSize(), formatText, formatText.byteSize()));
            } catch (Throwable failure) {
                throw NativeCalls.failed(failure);
            }
        }

        @Override
        public void close() {
            try {
                closeConnection.invokeExact(holder);
            } catch (Throwable failure) {
                throw NativeCalls.failed(failure);
            }
        }
    }

    /// Rows on their way into a table; they become visible in blocks.
    final class Insert implements AutoCloseable {
        private final MemorySegment stream;

        private Insert(MemorySegment stream) {
            this.stream = stream;
        }

        Optional<String> error() {
            try {
                return text((MemorySegment) insertError.invokeExact(stream));
            } catch (Throwable failure) {
                throw NativeCalls.failed(failure);
            }
        }

        /// Hands over bytes of the rows. Blocks while the engine is behind.
        ///
        /// @return whether the engine took them; if not, [#finish] tells why
        boolean append(MemorySegment bytes) {
            try {
                return (int) appendToInsert.invokeExact(stream, bytes, bytes.byteSize()) == 0;
            } catch (Throwable failure) {
                throw NativeCalls.failed(failure);
            }
        }

        /// Ends the rows and waits until they are in the table.
        Answer finish() {
            try {
                return answer((MemorySegment) finishInsert.invokeExact(stream));
            } catch (Throwable failure) {
                throw NativeCalls.failed(failure);
            }
        }

        /// Drops the rows that are not in the table yet.
        void cancel() {
            try {
                cancelInsert.invokeExact(stream);
            } catch (Throwable failure) {
                throw NativeCalls.failed(failure);
            }
        }

        @Override
        public void close() {
            try {
                destroyInsert.invokeExact(stream);
            } catch (Throwable failure) {
                throw NativeCalls.failed(failure);
            }
        }
    }

    private Answer answer(MemorySegment result) throws Throwable {
        try {
            long length = (long) resultLength.invokeExact(result);
            MemorySegment bytes = length == 0
                    ? MemorySegment.NULL
                    : ((MemorySegment) resultBuffer.invokeExact(result)).reinterpret(length);
            ByteBuffer body =
                    ByteBuffer.wrap(bytes.toArray(ValueLayout.JAVA_BYTE)).asReadOnlyBuffer();
            return new Answer(
                    text((MemorySegment) resultError.invokeExact(result)),
                    body,
                    Map.of(
                            "read_rows", (long) resultStorageRowsRead.invokeExact(result),
                            "read_bytes", (long) resultStorageBytesRead.invokeExact(result),
                            "written_rows", (long) resultRowsWritten.invokeExact(result),
                            "written_bytes", (long) resultBytesWritten.invokeExact(result),
                            "result_rows", (long) resultRowsRead.invokeExact(result)));
        } finally {
            destroyResult.invokeExact(result);
        }
    }

    /// What a statement came to.
    ///
    /// @param error the engine's message, beginning with `Code: <number>.`
    /// @param body the result in the chosen format
    /// @param counts as in the header `X-ClickHouse-Summary`
    record Answer(Optional<String> error, ByteBuffer body, Map<String, Long> counts) {
        String text() {
            return StandardCharsets.UTF_8.decode(body.duplicate()).toString();
        }
    }
}
