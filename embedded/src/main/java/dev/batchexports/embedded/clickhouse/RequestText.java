package dev.batchexports.embedded.clickhouse;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// What a request asks for: the statement, and the rows of an insert as they were sent.
///
/// The statement comes from the URL or the head of the body, or both. Rows stay bytes: a binary format would not
/// survive
/// being decoded as text.
///
/// @param rows the rows of a [Statement.Kind#INSERT]; else empty
record RequestText(Statement statement, InputStream rows) {
    private static final int LONGEST_INSERT_HEAD = 1 << 20;
    private static final int LONGEST_STATEMENT = 64 << 20;

    /// @param body the request's body, unpacked
    static RequestText read(HttpRequest request, InputStream body) throws IOException {
        String query = request.parameters().getOrDefault("query", "");
        if (!query.isBlank()) {
            Statement statement = Statement.parse(query);
            if (statement.kind() == Statement.Kind.INSERT) {
                byte[] inline = query.substring(statement.dataStart()).getBytes(StandardCharsets.UTF_8);
                return new RequestText(statement, new SequenceInputStream(new ByteArrayInputStream(inline), body));
            }
            byte[] rest = rest(body);
            String sql = rest.length == 0 ? query : query + "\n" + new String(rest, StandardCharsets.UTF_8);
            return new RequestText(rest.length == 0 ? statement : Statement.parse(sql), InputStream.nullInputStream());
        }
        return readBody(body);
    }

    private static RequestText readBody(InputStream body) throws IOException {
        byte[] head = body.readNBytes(LONGEST_INSERT_HEAD);
        // One character for each byte, so that positions are those of the bytes.
        String text = new String(head, StandardCharsets.ISO_8859_1);
        if (beginsInsert(text)) {
            Statement statement = Statement.parse(text);
            if (statement.kind() == Statement.Kind.INSERT) {
                byte[] inline = Arrays.copyOfRange(head, statement.dataStart(), head.length);
                return new RequestText(
                        new Statement(
                                Statement.Kind.INSERT,
                                new String(
                                        statement.text().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8),
                                statement.format(),
                                0,
                                0,
                                0),
                        new SequenceInputStream(new ByteArrayInputStream(inline), body));
            }
        }
        byte[] rest = rest(body);
        byte[] whole = Arrays.copyOf(head, head.length + rest.length);
        System.arraycopy(rest, 0, whole, head.length, rest.length);
        String sql = new String(whole, StandardCharsets.UTF_8);
        if (sql.isBlank()) {
            throw new ClickHouseError(62, "Syntax error: Empty query", "SYNTAX_ERROR");
        }
        return new RequestText(Statement.parse(sql), InputStream.nullInputStream());
    }

    private static boolean beginsInsert(String text) {
        return new Token.Reader(text).next().is("INSERT");
    }

    private static byte[] rest(InputStream body) throws IOException {
        byte[] rest = body.readNBytes(LONGEST_STATEMENT + 1);
        if (rest.length > LONGEST_STATEMENT) {
            throw new ClickHouseError(229, "The query is larger than 64 MiB", "QUERY_IS_TOO_LARGE");
        }
        return rest;
    }
}
