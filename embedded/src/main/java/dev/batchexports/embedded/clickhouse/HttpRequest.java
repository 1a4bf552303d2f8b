package dev.batchexports.embedded.clickhouse;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.Serial;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// One request: what its head says, and its body as a stream.
final class HttpRequest {
    private static final int LONGEST_LINE = 1 << 20;
    private static final int MOST_HEADERS = 200;

    /// The client sent something that is not HTTP/1.1.
    static final class MalformedException extends IOException {
        @Serial
        private static final long serialVersionUID = 1L;

        MalformedException(String message) {
            super(message);
        }
    }

    private final HttpInput input;
    private final String method;
    private final String path;
    private final String version;
    private final Map<String, String> parameters;
    private final Map<String, String> headers;
    private final InputStream body;

    private HttpRequest(
            SocketChannel channel,
            HttpInput input,
            String method,
            String target,
            String version,
            Map<String, String> headers)
            throws MalformedException {
        this.input = input;
        this.method = method;
        this.version = version;
        this.headers = headers;
        int question = target.indexOf('?');
        this.path = decode(question < 0 ? target : target.substring(0, question));
        this.parameters = question < 0 ? new LinkedHashMap<>() : parameters(target.substring(question + 1));
        this.body = body(channel);
    }

    /// Reads the head of the next request; empty if the client closed the connection instead.
    static Optional<HttpRequest> read(SocketChannel channel, HttpInput input) throws IOException {
        Optional<String> first = line(input);
        if (first.isEmpty()) {
            return Optional.empty();
        }
        String[] parts = first.get().split(" ", -1);
        if (parts.length != 3 || !parts[2].startsWith("HTTP/1.")) {
            throw new MalformedException("This is not a request of HTTP/1.1.");
        }
        Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        while (true) {
            String line = line(input).orElseThrow(() -> new EOFException("The client went away within a request."));
            if (line.isEmpty()) {
                break;
            }
            int colon = line.indexOf(':');
            if (colon <= 0 || headers.size() >= MOST_HEADERS) {
                throw new MalformedException("The headers of the request cannot be read.");
            }
            headers.merge(
                    line.substring(0, colon),
                    line.substring(colon + 1).strip(),
                    (former, further) -> former + ", " + further);
        }
        return Optional.of(new HttpRequest(channel, input, parts[0], parts[1], parts[2], headers));
    }

    private static Optional<String> line(InputStream input) throws IOException {
        StringBuilder line = new StringBuilder(128);
        while (true) {
            int next = input.read();
            if (next < 0) {
                if (line.isEmpty()) {
                    return Optional.empty();
                }
                throw new EOFException("The client went away within a request.");
            }
            if (next == '\n') {
                int length = line.length();
                if (length > 0 && line.charAt(length - 1) == '\r') {
                    line.setLength(length - 1);
                }
                return Optional.of(line.toString());
            }
            if (line.length() >= LONGEST_LINE) {
                throw new MalformedException("A line of the request is longer than " + LONGEST_LINE + " bytes.");
            }
            line.append((char) next);
        }
    }

    private static Map<String, String> parameters(String query) throws MalformedException {
        Map<String, String> parameters = new LinkedHashMap<>();
        for (String pair : query.split("&", -1)) {
            if (!pair.isEmpty()) {
                int equals = pair.indexOf('=');
                String name = equals < 0 ? pair : pair.substring(0, equals);
                String value = equals < 0 ? "" : pair.substring(equals + 1);
                parameters.put(decode(name), decode(value));
            }
        }
        return parameters;
    }

    private static String decode(String text) throws MalformedException {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException _) {
            throw new MalformedException("The URL of the request is not encoded correctly.");
        }
    }

    private InputStream body(SocketChannel channel) throws MalformedException {
        String transferEncoding = header("Transfer-Encoding").orElse("");
        InputStream plain;
        if (transferEncoding.equalsIgnoreCase("chunked")) {
            plain = new ChunkedBody(input);
        } else if (!transferEncoding.isEmpty()) {
            throw new MalformedException("The transfer encoding " + transferEncoding + " is not known.");
        } else {
            plain = new SizedBody(input, contentLength());
        }
        return header("Expect").orElse("").equalsIgnoreCase("100-continue") ? new ExpectedBody(channel, plain) : plain;
    }

    private long contentLength() throws MalformedException {
        try {
            long length = Long.parseLong(header("Content-Length").orElse("0"));
            if (length >= 0) {
                return length;
            }
        } catch (NumberFormatException _) {
            // Reported below, as a negative length is.
        }
        throw new MalformedException("The content length of the request is not a number.");
    }

    String method() {
        return method;
    }

    String path() {
        return path;
    }

    /// The parameters of the URL, in their order.
    Map<String, String> parameters() {
        return parameters;
    }

    Optional<String> parameter(String name) {
        return Optional.ofNullable(parameters.get(name)).filter(value -> !value.isEmpty());
    }

    Optional<String> header(String name) {
        return Optional.ofNullable(headers.get(name));
    }

    InputStream body() {
        return body;
    }

    /// Calls back once if the client goes away from now on. Only after the body was read.
    void whenClientGoes(Runnable action) {
        input.watch(action);
    }

    HttpResponse.Framing framing() {
        return version.equals("HTTP/1.0") ? HttpResponse.Framing.UNTIL_CLOSE : HttpResponse.Framing.CHUNKED;
    }

    boolean keepsConnection() {
        return framing() == HttpResponse.Framing.CHUNKED
                && !header("Connection").orElse("").equalsIgnoreCase("close");
    }

    /// Reads over what the handler left of the body; false if that is too much to be worth it.
    boolean skipBody() throws IOException {
        byte[] rest = body.readNBytes(1 << 16);
        return rest.length < 1 << 16;
    }

    /// A body whose length the head tells.
    private static final class SizedBody extends InputStream {
        private final InputStream input;
        private long remaining;

        SizedBody(InputStream input, long length) {
            this.input = input;
            this.remaining = length;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            if (remaining == 0) {
                return -1;
            }
            int count = input.read(target, offset, (int) Math.min(length, remaining));
            if (count < 0) {
                throw new EOFException("The client went away within the body of its request.");
            }
            remaining -= count;
            return count;
        }
    }

    /// A body in chunks.
    private static final class ChunkedBody extends InputStream {
        private final InputStream input;
        private long remaining;
        private State state = State.FIRST;

        private enum State {
            FIRST,
            LATER,
            ENDED
        }

        ChunkedBody(InputStream input) {
            this.input = input;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            if (remaining == 0 && !nextChunk()) {
                return -1;
            }
            int count = input.read(target, offset, (int) Math.min(length, remaining));
            if (count < 0) {
                throw new EOFException("The client went away within the body of its request.");
            }
            remaining -= count;
            return count;
        }

        private boolean nextChunk() throws IOException {
            if (state == State.ENDED) {
                return false;
            }
            if (state == State.LATER) {
                requiredLine();
            }
            state = State.LATER;
            String size = requiredLine().split(";", 2)[0].strip();
            try {
                remaining = Long.parseLong(size, 16);
            } catch (NumberFormatException _) {
                throw new MalformedException("A chunk of the body has no size.");
            }
            if (remaining == 0) {
                state = State.ENDED;
                while (!requiredLine().isEmpty()) {
                    // Trailers carry nothing that the engine's front knows.
                }
                return false;
            }
            return true;
        }

        private String requiredLine() throws IOException {
            return line(input)
                    .orElseThrow(() -> new EOFException("The client went away within the body of its request."));
        }
    }

    /// A body that the client sends only once it is told to go on.
    private static final class ExpectedBody extends InputStream {
        private final SocketChannel channel;
        private final InputStream body;
        private boolean invited;

        ExpectedBody(SocketChannel channel, InputStream body) {
            this.channel = channel;
            this.body = body;
        }

        private void invite() throws IOException {
            if (!invited) {
                invited = true;
                ByteBuffer answer =
                        ByteBuffer.wrap("HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                while (answer.hasRemaining()) {
                    channel.write(answer);
                }
            }
        }

        @Override
        public int read() throws IOException {
            invite();
            return body.read();
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            invite();
            return body.read(target, offset, length);
        }
    }
}
