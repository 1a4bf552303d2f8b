package dev.batchexports.embedded.clickhouse;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Sends what a statement came to, the way the request wants it.
final class ResultWriter {
    /// A server holds this much back; an error before that becomes the answer's status.
    private static final int BUFFER_BYTES = 1 << 20;

    private static final int MOST_EXCEPTION_BYTES = 16 * 1024;

    private final HttpResponse response;
    private final String exceptionTag;
    private final Optional<ContentCoding> coding;
    private final boolean inBlocks;
    private final boolean waitsForEnd;
    private final String level;

    /// @param exceptionTag marks an error within the body, and is told in a header
    ResultWriter(HttpRequest request, HttpResponse response, String exceptionTag) {
        this.response = response;
        this.exceptionTag = exceptionTag;
        this.inBlocks = request.parameter("compress").orElse("").equals("1");
        this.waitsForEnd = request.parameter("wait_end_of_query").orElse("").equals("1");
        this.level = request.parameter("http_zlib_compression_level").orElse("3");
        if (!level.matches("\\d{1,2}")) {
            throw new ClickHouseError(36, "The compression level " + level + " is not a number", "BAD_ARGUMENTS");
        }
        boolean wanted = request.parameter("enable_http_compression").orElse("").equals("1");
        this.coding = wanted && !inBlocks
                ? ContentCoding.chosen(request.header("Accept-Encoding").orElse(""))
                : Optional.empty();
    }

    /// The clause that has the engine compress the result in native code.
    Optional<String> compressionClause() {
        return coding.map(chosen -> "COMPRESSION '" + chosen.token() + "' LEVEL " + level);
    }

    /// Sends the result of a query while it comes out of the engine.
    ///
    /// @throws ClickHouseError if the query failed before anything was sent
    /// @throws IOException if it failed later, or if the client is gone
    void send(QueryExecution execution) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(BUFFER_BYTES);
            try {
                if (waitsForEnd) {
                    sendAtEnd(execution, buffer);
                } else {
                    sendMeanwhile(execution, buffer);
                }
            } catch (IOException | RuntimeException failure) {
                execution.kill();
                throw failure;
            } finally {
                execution.close(buffer);
            }
        }
    }

    private void sendMeanwhile(QueryExecution execution, MemorySegment buffer) throws IOException {
        long filled = execution.readFully(buffer);
        if (filled < buffer.byteSize()) {
            Chdb.Answer answer = succeeded(execution.finish());
            begin(answer.counts(), coding);
            ResultBody body = body();
            body.write(buffer.asSlice(0, filled));
            body.end();
            return;
        }
        begin(Map.of(), coding);
        ResultBody body = body();
        while (filled > 0) {
            body.write(buffer.asSlice(0, filled));
            filled = execution.read(buffer);
        }
        Optional<String> error = execution.finish().error();
        if (error.isPresent()) {
            body.fail(exceptionBlock(error.get()));
            throw new IOException("The query failed after its result had begun: " + error.get());
        }
        body.end();
    }

    private void sendAtEnd(QueryExecution execution, MemorySegment buffer) throws IOException {
        Path file = Files.createTempFile("result", null);
        try (FileChannel spool = FileChannel.open(
                file, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE)) {
            for (long count = execution.read(buffer); count > 0; count = execution.read(buffer)) {
                ByteBuffer bytes = buffer.asSlice(0, count).asByteBuffer();
                while (bytes.hasRemaining()) {
                    spool.write(bytes);
                }
            }
            Chdb.Answer answer = succeeded(execution.finish());
            spool.position(0);
            begin(answer.counts(), coding);
            ResultBody body = body();
            ByteBuffer bytes = buffer.asByteBuffer();
            while (spool.read(bytes.clear()) >= 0) {
                body.write(buffer.asSlice(0, bytes.position()));
            }
            body.end();
        }
    }

    /// Sends an answer that the engine has given at once.
    void send(Chdb.Answer answer) throws IOException {
        succeeded(answer);
        Optional<OutputStream> packing = coding.isPresent() && answer.body().hasRemaining()
                ? coding.get().packing(response.stream())
                : Optional.empty();
        begin(answer.counts(), packing.isPresent() ? coding : Optional.empty());
        if (packing.isPresent()) {
            try (OutputStream output = packing.get()) {
                Channels.newChannel(output).write(answer.body().duplicate());
            }
            response.end();
        } else {
            ResultBody body = inBlocks ? new ResultBody.Blocks(response) : new ResultBody.Plain(response);
            body.write(MemorySegment.ofBuffer(answer.body()));
            body.end();
        }
    }

    static Chdb.Answer succeeded(Chdb.Answer answer) {
        answer.error().ifPresent(message -> {
            throw new ClickHouseError(message);
        });
        return answer;
    }

    private void begin(Map<String, Long> counts, Optional<ContentCoding> used) throws IOException {
        response.header("X-ClickHouse-Summary", summary(counts));
        used.ifPresent(chosen -> response.header("Content-Encoding", chosen.token()));
        response.begin(200);
    }

    private static String summary(Map<String, Long> counts) {
        return Stream.of(
                        "read_rows",
                        "read_bytes",
                        "written_rows",
                        "written_bytes",
                        "total_rows_to_read",
                        "result_rows",
                        "result_bytes",
                        "elapsed_ns")
                .map(name -> "\"%s\":\"%d\"".formatted(name, counts.getOrDefault(name, 0L)))
                .collect(Collectors.joining(",", "{", "}"));
    }

    private ResultBody body() {
        if (inBlocks) {
            return new ResultBody.Blocks(response);
        }
        return coding.isPresent() ? new ResultBody.Compressed(response, coding.get()) : new ResultBody.Plain(response);
    }

    /// What a server writes behind the rows: the message between two marks, with its length behind it.
    private byte[] exceptionBlock(String message) {
        byte[] full = (message.strip() + "\n").getBytes(StandardCharsets.UTF_8);
        int length = Math.min(full.length, MOST_EXCEPTION_BYTES);
        String text = new String(full, 0, length, StandardCharsets.ISO_8859_1);
        return "\r\n__exception__\r\n%s\r\n%s%d %s\r\n__exception__\r\n"
                .formatted(exceptionTag, text, length, exceptionTag)
                .getBytes(StandardCharsets.ISO_8859_1);
    }
}
