package dev.batchexports.embedded.clickhouse;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/// The answer to one request: either [#send] with everything at once, or [#begin], any number of [#write], and
/// [#end].
///
/// An answer that has begun and never ends lacks its final chunk, which is how the client learns that it is not
/// complete.
final class HttpResponse {
    /// How the client finds the end of a streamed body.
    enum Framing {
        CHUNKED,
        /// For HTTP/1.0.
        UNTIL_CLOSE
    }

    private enum Progress {
        NOTHING,
        BEGUN,
        COMPLETE
    }

    private static final ByteBuffer LINE_END = ascii("\r\n");

    private final SocketChannel channel;
    private final Framing framing;
    private final Map<String, String> headers = new LinkedHashMap<>();
    private Progress progress = Progress.NOTHING;

    HttpResponse(SocketChannel channel, Framing framing) {
        this.channel = channel;
        this.framing = framing;
    }

    void header(String name, String value) {
        headers.put(name, value.replaceAll("[\\r\\n]", " "));
    }

    boolean begun() {
        return progress != Progress.NOTHING;
    }

    boolean complete() {
        return progress == Progress.COMPLETE;
    }

    void sendText(int status, String text) throws IOException {
        header("Content-Type", "text/plain; charset=UTF-8");
        send(status, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
    }

    void send(int status, ByteBuffer body) throws IOException {
        header("Content-Length", Integer.toString(body.remaining()));
        ByteBuffer head = head(status);
        progress = Progress.BEGUN;
        writeAll(head, body);
        progress = Progress.COMPLETE;
    }

    /// Sends the head of an answer whose length nobody knows yet.
    void begin(int status) throws IOException {
        if (framing == Framing.CHUNKED) {
            header("Transfer-Encoding", "chunked");
        }
        ByteBuffer head = head(status);
        progress = Progress.BEGUN;
        writeAll(head);
    }

    /// Sends a part of the body as one chunk; returns once the operating system has taken all of it.
    void write(ByteBuffer... parts) throws IOException {
        int length = Arrays.stream(parts).mapToInt(ByteBuffer::remaining).sum();
        if (length == 0) {
            return;
        }
        if (framing == Framing.CHUNKED) {
            ByteBuffer[] chunk = new ByteBuffer[parts.length + 2];
            chunk[0] = ascii(Integer.toHexString(length) + "\r\n");
            System.arraycopy(parts, 0, chunk, 1, parts.length);
            chunk[chunk.length - 1] = LINE_END.duplicate();
            writeAll(chunk);
        } else {
            writeAll(parts);
        }
    }

    /// Says that the body is complete.
    void end() throws IOException {
        if (framing == Framing.CHUNKED) {
            writeAll(ascii("0\r\n\r\n"));
        }
        progress = Progress.COMPLETE;
    }

    /// The body as a stream, for what encodes in Java. Closing it does not end the answer.
    OutputStream stream() {
        return new OutputStream() {
            @Override
            public void write(int value) throws IOException {
                write(new byte[] {(byte) value}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                HttpResponse.this.write(ByteBuffer.wrap(bytes, offset, length));
            }
        };
    }

    private ByteBuffer head(int status) {
        StringBuilder head = new StringBuilder(512)
                .append("HTTP/1.1 ")
                .append(status)
                .append(' ')
                .append(reason(status))
                .append("\r\nDate: ")
                .append(DateTimeFormatter.RFC_1123_DATE_TIME.format(ZonedDateTime.now(ZoneOffset.UTC)))
                .append("\r\nConnection: ")
                .append(framing == Framing.CHUNKED ? "Keep-Alive" : "Close")
                .append("\r\n");
        headers.forEach(
                (name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
        return ascii(head.append("\r\n").toString());
    }

    private void writeAll(ByteBuffer... buffers) throws IOException {
        while (Arrays.stream(buffers).anyMatch(ByteBuffer::hasRemaining)) {
            channel.write(buffers);
        }
    }

    private static ByteBuffer ascii(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static String reason(int status) {
        return switch (status) {
            case 200 -> "OK";
            case 400 -> "Bad Request";
            case 401 -> "Unauthorized";
            case 403 -> "Forbidden";
            case 404 -> "Not Found";
            case 408 -> "Request Timeout";
            case 411 -> "Length Required";
            case 413 -> "Request Entity Too Large";
            case 415 -> "Unsupported Media Type";
            case 501 -> "Not Implemented";
            case 503 -> "Service Unavailable";
            default -> "Internal Server Error";
        };
    }
}
