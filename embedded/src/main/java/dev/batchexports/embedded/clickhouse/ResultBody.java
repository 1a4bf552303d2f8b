package dev.batchexports.embedded.clickhouse;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.Optional;

/// The body of an answer under way, in one of the ways in which a client can ask for it.
sealed interface ResultBody {
    void write(MemorySegment bytes) throws IOException;

    void end() throws IOException;

    /// Writes an error into the body, as a server does. The connection is to be cut afterwards.
    void fail(byte[] exception) throws IOException;

    /// As the engine writes it.
    record Plain(HttpResponse response) implements ResultBody {
        @Override
        public void write(MemorySegment bytes) throws IOException {
            response.write(bytes.asByteBuffer());
        }

        @Override
        public void end() throws IOException {
            response.end();
        }

        @Override
        public void fail(byte[] exception) throws IOException {
            response.write(ByteBuffer.wrap(exception));
        }
    }

    /// In ClickHouse's compressed blocks.
    record Blocks(HttpResponse response, CompressedBlocks.Output output) implements ResultBody {
        Blocks(HttpResponse response) {
            this(response, new CompressedBlocks.Output(response.stream()));
        }

        @Override
        public void write(MemorySegment bytes) throws IOException {
            output.write(bytes.toArray(ValueLayout.JAVA_BYTE));
        }

        @Override
        public void end() throws IOException {
            output.flush();
            response.end();
        }

        @Override
        public void fail(byte[] exception) throws IOException {
            output.write(exception);
            output.flush();
        }
    }

    /// Compressed by the engine.
    ///
    /// When a query fails, the engine ends its compressed document as if all were well. So the last bytes are held
    /// back until the query has ended: if it failed, either the error follows them as a second document in the same
    /// piece, or, where readers would not look for a second one, they are never sent and the document is visibly
    /// torn.
    final class Compressed implements ResultBody {
        private static final int HELD_BYTES = 64;

        private final HttpResponse response;
        private final ContentCoding coding;
        private byte[] held = new byte[0];

        Compressed(HttpResponse response, ContentCoding coding) {
            this.response = response;
            this.coding = coding;
        }

        @Override
        public void write(MemorySegment bytes) throws IOException {
            long total = held.length + bytes.byteSize();
            long sent = Math.max(0, total - HELD_BYTES);
            int sentOfHeld = (int) Math.min(held.length, sent);
            long sentOfBytes = sent - sentOfHeld;
            response.write(
                    ByteBuffer.wrap(held, 0, sentOfHeld),
                    bytes.asSlice(0, sentOfBytes).asByteBuffer());
            byte[] rest = new byte[(int) (total - sent)];
            int keptOfHeld = held.length - sentOfHeld;
            System.arraycopy(held, sentOfHeld, rest, 0, keptOfHeld);
            MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, sentOfBytes, rest, keptOfHeld, rest.length - keptOfHeld);
            held = rest;
        }

        @Override
        public void end() throws IOException {
            response.write(ByteBuffer.wrap(held));
            response.end();
        }

        @Override
        public void fail(byte[] exception) throws IOException {
            if (coding.canBeContinued()) {
                response.write(ByteBuffer.wrap(held), packed(exception));
            }
        }

        private ByteBuffer packed(byte[] exception) throws IOException {
            ByteArrayOutputStream document = new ByteArrayOutputStream();
            Optional<OutputStream> packing = coding.packing(document);
            if (packing.isPresent()) {
                try (OutputStream output = packing.get()) {
                    output.write(exception);
                }
            }
            return ByteBuffer.wrap(document.toByteArray());
        }
    }
}
