package dev.batchexports.embedded.clickhouse;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// A query on a thread of its own, whose result comes out of a pipe as one document.
final class QueryExecution {
    private final Pipe pipe;
    private final Thread thread;
    private final RunningQueries queries;
    private final RunningQueries.Running running;
    private final AtomicReference<Chdb.@Nullable Answer> answer = new AtomicReference<>();

    private QueryExecution(
            Pipe pipe, Chdb.Connection connection, String sql, RunningQueries queries, RunningQueries.Running running) {
        this.pipe = pipe;
        this.queries = queries;
        this.running = running;
        this.thread = Thread.ofPlatform()
                .name("query-", 0)
                .stackSize(HttpServer.STACK_BYTES)
                .daemon()
                .unstarted(() -> {
                    try {
                        answer.set(connection.query(running.marked(sql), "Null"));
                    } finally {
                        pipe.closeWrite();
                    }
                });
    }

    static QueryExecution start(
            Chdb.Connection connection,
            Statement statement,
            String format,
            Optional<String> compression,
            RunningQueries queries,
            RunningQueries.Running running)
            throws IOException {
        Pipe pipe = Pipe.open();
        String destination = "INTO OUTFILE '" + pipe.writePath() + "' TRUNCATE"
                + compression.map(text -> " " + text).orElse("");
        QueryExecution execution =
                new QueryExecution(pipe, connection, statement.into(destination, format), queries, running);
        execution.thread.start();
        return execution;
    }

    /// Fills the target as far as the result goes.
    ///
    /// @return the count of bytes, less than the target takes only at the end of the result
    long readFully(MemorySegment target) throws IOException {
        long filled = 0;
        while (filled < target.byteSize()) {
            long count = pipe.read(target.asSlice(filled));
            if (count == 0) {
                break;
            }
            filled += count;
        }
        return filled;
    }

    /// Reads what is there.
    ///
    /// @return the count of bytes; 0 at the end of the result
    long read(MemorySegment target) throws IOException {
        return pipe.read(target);
    }

    /// Waits for the end, after the result was read to its end.
    Chdb.Answer finish() {
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException _) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        Chdb.Answer result = answer.get();
        if (result == null) {
            throw new IllegalStateException("The engine gave no answer.");
        }
        return result;
    }

    void kill() {
        queries.kill(running);
    }

    /// Throws away what is left of the result, waits for the end and frees the pipe. The reading end stays open until
    /// then:
    /// an engine that opens a pipe without a reader would wait for ever.
    void close(MemorySegment scratch) throws IOException {
        try {
            if (thread.isAlive()) {
                while (pipe.read(scratch) > 0) {
                    // Nobody wants the rest.
                }
            }
            finish();
        } finally {
            pipe.closeRead();
        }
    }
}
