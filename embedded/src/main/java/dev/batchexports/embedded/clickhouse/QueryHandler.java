package dev.batchexports.embedded.clickhouse;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.security.SecureRandom;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/// The HTTP interface of a ClickHouse server, over the embedded engine.
///
/// What the product's code and the official clients use is here; what is missing answers with an error, never with
/// silence:
/// tables of external data in a form, users and roles, and the web pages of a server.
final class QueryHandler implements HttpServer.Handler {
    private static final int INSERT_BUFFER_BYTES = 1 << 18;
    private static final String TAG_CHARACTERS = "abcdefghijklmnopqrstuvwxyz";
    private static final int TAG_LENGTH = 16;

    private static final Map<String, String> CONTENT_TYPES = Map.of(
            "TabSeparated", "text/tab-separated-values; charset=UTF-8",
            "TSV", "text/tab-separated-values; charset=UTF-8",
            "TabSeparatedWithNames", "text/tab-separated-values; charset=UTF-8; header=present",
            "CSV", "text/csv; charset=UTF-8; header=absent",
            "CSVWithNames", "text/csv; charset=UTF-8; header=present",
            "JSON", "application/json; charset=UTF-8",
            "JSONCompact", "application/json; charset=UTF-8",
            "JSONEachRow", "application/x-ndjson; charset=UTF-8",
            "JSONCompactEachRow", "application/x-ndjson; charset=UTF-8");

    private final Engine engine;
    private final Credentials credentials;
    private final RunningQueries queries;
    private final Sessions sessions;
    private final SecureRandom random = new SecureRandom();

    QueryHandler(Engine engine, Credentials credentials, RunningQueries queries, Sessions sessions) {
        this.engine = engine;
        this.credentials = credentials;
        this.queries = queries;
        this.sessions = sessions;
    }

    @Override
    public void handle(HttpRequest request, HttpResponse response) throws IOException {
        String queryId =
                request.parameter("query_id").orElseGet(() -> UUID.randomUUID().toString());
        try {
            switch (request.path()) {
                case "/ping", "/replicas_status" -> sendOk(response);
                case "/" -> {
                    if (request.method().equals("GET") && !request.parameters().containsKey("query")) {
                        sendOk(response);
                    } else {
                        credentials.check(request);
                        answer(request, response, queryId);
                    }
                }
                default -> response.sendText(404, "There is no handle " + request.path() + "\n");
            }
        } catch (ClickHouseError error) {
            if (response.begun()) {
                throw error;
            }
            response.header("X-ClickHouse-Exception-Code", Integer.toString(error.code()));
            response.header("X-ClickHouse-Query-Id", queryId);
            response.sendText(error.status(), error.getMessage() + " (version " + engine.version() + ")\n");
        }
    }

    private static void sendOk(HttpResponse response) throws IOException {
        response.sendText(200, "Ok.\n");
    }

    private void answer(HttpRequest request, HttpResponse response, String queryId) throws IOException {
        if (!request.method().equals("GET") && !request.method().equals("POST")) {
            throw new ClickHouseError(36, "The method " + request.method() + " is not supported", "BAD_ARGUMENTS");
        }
        Map<String, String> formParameters = Map.of();
        InputStream body = body(request);
        if (MultipartForm.isOne(request)) {
            MultipartForm form = MultipartForm.read(request, body);
            formParameters = form.parameters();
            body = form.statement();
        }
        RequestText text = RequestText.read(request, body);
        QuerySettings.requirePermitted(request, text.statement());
        Optional<String> session = request.parameter("session_id");
        Chdb.Connection connection = session.isPresent() ? sessions.take(request, session.get()) : engine.connect();
        try {
            QuerySettings.apply(request, formParameters, connection);
            RunningQueries.Running running = queries.begin(queryId);
            try {
                run(request, response, text, connection, running);
            } finally {
                queries.end(running);
            }
        } finally {
            if (session.isPresent()) {
                sessions.giveBack(session.get());
            } else {
                connection.close();
            }
        }
    }

    private static InputStream body(HttpRequest request) throws IOException {
        InputStream body = request.body();
        Optional<String> encoding = request.header("Content-Encoding");
        if (encoding.isPresent()) {
            body = ContentCoding.unpacked(body, encoding.get());
        }
        return request.parameter("decompress").orElse("").equals("1") ? new CompressedBlocks.Input(body) : body;
    }

    private void run(
            HttpRequest request,
            HttpResponse response,
            RequestText text,
            Chdb.Connection connection,
            RunningQueries.Running running)
            throws IOException {
        Statement statement = text.statement();
        String defaultFormat = request.parameter("default_format")
                .or(() -> request.header("X-ClickHouse-Format"))
                .orElse(statement.kind() == Statement.Kind.INSERT ? "Values" : "TabSeparated");
        String format = statement.format().orElse(defaultFormat);
        String exceptionTag = exceptionTag();
        response.header("Content-Type", CONTENT_TYPES.getOrDefault(format, "application/octet-stream"));
        response.header("X-ClickHouse-Server-Display-Name", "embedded");
        response.header("X-ClickHouse-Query-Id", running.id());
        response.header("X-ClickHouse-Format", format);
        response.header("X-ClickHouse-Timezone", engine.timeZone());
        response.header("X-ClickHouse-Exception-Tag", exceptionTag);
        ResultWriter writer = new ResultWriter(request, response, exceptionTag);
        switch (statement.kind()) {
            case QUERY -> {
                QueryExecution execution = QueryExecution.start(
                        connection, statement, format, writer.compressionClause(), queries, running);
                request.whenClientGoes(execution::kill);
                writer.send(execution);
            }
            case INSERT -> writer.send(insert(connection, running.marked(statement.text()), format, text.rows()));
            case KILL -> writer.send(queries.kill(connection, statement.text(), format));
            case INSPECTION, CHANGE -> {
                request.whenClientGoes(() -> queries.kill(running));
                writer.send(connection.query(running.marked(statement.text()), format));
            }
        }
    }

    private static Chdb.Answer insert(Chdb.Connection connection, String sql, String format, InputStream rows)
            throws IOException {
        try (Chdb.Insert insert = connection.insert(sql, format);
                Arena arena = Arena.ofConfined()) {
            insert.error().ifPresent(message -> {
                throw new ClickHouseError(message);
            });
            byte[] bytes = new byte[INSERT_BUFFER_BYTES];
            MemorySegment buffer = arena.allocate(INSERT_BUFFER_BYTES);
            try {
                boolean taken = true;
                for (int count = rows.read(bytes); count >= 0 && taken; count = rows.read(bytes)) {
                    MemorySegment.copy(bytes, 0, buffer, ValueLayout.JAVA_BYTE, 0, count);
                    taken = insert.append(buffer.asSlice(0, count));
                }
            } catch (IOException | RuntimeException failure) {
                insert.cancel();
                throw failure;
            }
            return insert.finish();
        }
    }

    private String exceptionTag() {
        StringBuilder tag = new StringBuilder(TAG_LENGTH);
        for (int index = 0; index < TAG_LENGTH; index++) {
            tag.append(TAG_CHARACTERS.charAt(random.nextInt(TAG_CHARACTERS.length())));
        }
        return tag.toString().toLowerCase(Locale.ROOT);
    }
}
