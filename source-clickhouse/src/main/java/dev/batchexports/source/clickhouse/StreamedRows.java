package dev.batchexports.source.clickhouse;

import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.source.EncodedRows;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The bytes of one query as they arrive, unchanged, with a [StreamCheck] looking on.
///
/// Three things can break a stream that has begun, and none of them shows in the HTTP status: the
/// connection is cut, ClickHouse writes an error into the body and then cuts the chunked encoding, or an
/// old version writes the error and ends the body as if nothing had happened.
final class StreamedRows implements EncodedRows {
    private static final Logger log = LoggerFactory.getLogger(StreamedRows.class);

    private final ClickHouseHttp.Answer answer;
    private final StreamCheck check;
    private final String queryId;
    private final Runnable killQuery;
    private State state = State.OPEN;
    private long rows;
    private boolean closed;

    private enum State {
        OPEN,
        WHOLE,
        FAILED
    }

    /// @param killQuery ends the query at the server
    StreamedRows(ClickHouseHttp.Answer answer, StreamCheck check, String queryId, Runnable killQuery) {
        this.answer = answer;
        this.check = check;
        this.queryId = queryId;
        this.killQuery = killQuery;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) {
        if (state == State.WHOLE) {
            return -1;
        }
        if (closed || state == State.FAILED) {
            throw new IllegalStateException("the stream has failed or is closed");
        }
        State reached = State.FAILED;
        try {
            int count = readBody(buffer, offset, length);
            if (count < 0) {
                rows = check.rows();
                reached = State.WHOLE;
            } else {
                check.accept(buffer, offset, count);
                reached = State.OPEN;
            }
            return count;
        } catch (IOException damage) {
            throw reported()
                    .orElseGet(() -> ExportException.passing(
                            "SourceStreamTorn",
                            "The stream of ClickHouse is torn: " + damage.getMessage() + ".",
                            damage));
        } finally {
            state = reached;
        }
    }

    private int readBody(byte[] buffer, int offset, int length) throws IOException {
        try {
            return answer.body().read(buffer, offset, length);
        } catch (SocketTimeoutException silence) {
            throw new IOException("the server was silent for too long", silence);
        } catch (IOException cut) {
            throw new IOException("the connection was cut", cut);
        }
    }

    /// What ClickHouse itself says went wrong, at the end of what it sent.
    private Optional<ExportException> reported() {
        String end = new String(check.tail(), StandardCharsets.UTF_8);
        return ServerError.parseStreamEnd(end, answer.exceptionTag()).map(error -> error.toExportException(queryId));
    }

    @Override
    public long rows() {
        if (state != State.WHOLE) {
            throw new IllegalStateException("the rows are known once the stream was read to its end");
        }
        return rows;
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        check.close();
        if (state == State.WHOLE) {
            answer.close();
        } else {
            // Without this, closing would read the stream to its end, however long it is.
            answer.cancel();
            answer.close();
            kill();
        }
    }

    /// ClickHouse does not always notice that a client is gone.
    private void kill() {
        try {
            killQuery.run();
        } catch (ExportException failure) {
            log.warn("The query {} could not be stopped: {}", queryId, failure.sentence());
        }
    }
}
