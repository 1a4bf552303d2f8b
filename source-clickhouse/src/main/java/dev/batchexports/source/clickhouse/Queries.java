package dev.batchexports.source.clickhouse;

import dev.batchexports.core.error.ErrorKind;
import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.model.Relation;
import dev.batchexports.core.source.Compression;
import dev.batchexports.core.source.EncodedRows;
import dev.batchexports.core.source.Encoding;
import dev.batchexports.core.source.QueryTag;
import dev.batchexports.core.source.RowSelection;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The queries that an export is made of, under the names and settings that they run with.
final class Queries {
    private static final Logger LOG = LoggerFactory.getLogger(Queries.class);

    /// Administration is quick or hopeless: nobody waits minutes to have a query stopped.
    private static final Duration ADMINISTRATION_PATIENCE = Duration.ofSeconds(10);

    private final ClickHouseHttp http;
    private final QuerySettings settings;
    private final Duration patience;
    private final UserQueriesRun userQueries;
    private final GzipBy gzipBy;
    private final AtomicReference<@Nullable Set<String>> knownSettings = new AtomicReference<>();

    private enum UserQueriesRun {
        AS_THE_SAME_USER,
        /// Who alone may be able to end them.
        AS_ANOTHER_USER
    }

    Queries(ClickHouseHttp http, ClickHouseSettings settings) {
        this(http, settings, settings.socketTimeout());
    }

    /// @param patience how long the server may be silent
    Queries(ClickHouseHttp http, ClickHouseSettings settings, Duration patience) {
        this.http = http;
        this.settings = new QuerySettings(settings);
        this.patience = patience;
        this.userQueries =
                settings.userQueries().hasUser() ? UserQueriesRun.AS_ANOTHER_USER : UserQueriesRun.AS_THE_SAME_USER;
        this.gzipBy = settings.gzipBy();
    }

    String version() {
        Statement statement = new Statement.Builder()
                .add("SELECT version() FORMAT TabSeparatedRaw")
                .build();
        return new String(http.read(administration(statement)), StandardCharsets.UTF_8).strip();
    }

    /// The names of the settings that the server has; asked once.
    private Set<String> knownSettings() {
        Set<String> known = knownSettings.get();
        if (known == null) {
            Statement statement = new Statement.Builder()
                    .add("SELECT name FROM system.settings FORMAT TabSeparatedRaw")
                    .build();
            String names = new String(http.read(administration(statement)), StandardCharsets.UTF_8);
            known = names.lines().collect(Collectors.toUnmodifiableSet());
            knownSettings.set(known);
        }
        return known;
    }

    /// For the statements of a selection, which run with the rights that its model has.
    SelectionQueries of(RowSelection selection, QueryTag tag) {
        return new SelectionQueries(this, selection, tag);
    }

    /// What bounds the statements about a selection.
    record Access(Query.Authority authority, Map<String, String> settings) {}

    Access access(RowSelection selection) {
        Query.Authority authority = switch (selection.model().relation()) {
            case Relation.Table _ -> Query.Authority.SOURCE;
            case Relation.Query _ -> Query.Authority.USER_QUERY;
        };
        return new Access(authority, settings.access(authority, selection.projectId()));
    }

    /// Runs a statement whose answer is small.
    <T> T answer(Access access, Statement statement, QueryTag tag, Function<byte[], T> parse) {
        Query query = answerQuery(access, statement, tag, Map.of());
        byte[] answer = http.read(query);
        try {
            return parse.apply(answer);
        } catch (BufferUnderflowException short_) {
            throw new ExportException(
                    "AnswerNotUnderstood",
                    ErrorKind.INTERNAL,
                    "The answer of ClickHouse to query " + query.id() + " is not of the expected form.",
                    "",
                    short_);
        }
    }

    /// Runs a statement and tells what it cost: ClickHouse's summary, as JSON.
    ///
    /// @param further settings
    String summary(Access access, Statement statement, QueryTag tag, Map<String, String> further) {
        Map<String, String> known = new LinkedHashMap<>(further);
        known.keySet().retainAll(knownSettings());
        try (ClickHouseHttp.Answer answer = http.open(answerQuery(access, statement, tag, known))) {
            answer.body().readAllBytes();
            return answer.summary();
        } catch (IOException failure) {
            throw ClickHouseHttp.unavailable(failure);
        }
    }

    private Query answerQuery(Access access, Statement statement, QueryTag tag, Map<String, String> further) {
        String id = Query.newId(tag);
        Map<String, String> chosen = settings.forAnswer(id, tag.outOfMemory(), access.settings());
        chosen.putAll(further);
        return new Query(id, access.authority(), statement, chosen, StreamCompression.NONE, patience);
    }

    /// Starts a statement whose rows are streamed.
    ///
    /// @param further settings
    EncodedRows stream(
            Access access,
            Statement statement,
            OutputFormat format,
            Encoding encoding,
            QueryTag tag,
            Map<String, String> further) {
        if (packsHere(encoding)) {
            Encoding plain = new Encoding(encoding.format(), Compression.NONE);
            return new PackedRows(streamAsItComes(access, statement, format, plain, tag, further));
        }
        return streamAsItComes(access, statement, format, encoding, tag, further);
    }

    private boolean packsHere(Encoding encoding) {
        return switch (gzipBy) {
            case CLICKHOUSE -> false;
            case WORKER -> StreamCompression.of(encoding) == StreamCompression.GZIP && GzipEncoder.isAvailable();
        };
    }

    private EncodedRows streamAsItComes(
            Access access,
            Statement statement,
            OutputFormat format,
            Encoding encoding,
            QueryTag tag,
            Map<String, String> further) {
        StreamCompression compression = StreamCompression.of(encoding);
        String id = Query.newId(tag);
        Map<String, String> chosen =
                settings.forStream(id, tag.outOfMemory(), access.settings(), compression, format, knownSettings());
        chosen.putAll(further);
        Query query = new Query(id, access.authority(), statement, chosen, compression, patience);
        ClickHouseHttp.Answer answer = http.open(query);
        try {
            if (answer.compression() != compression) {
                refuseUnlessEmpty(answer, compression);
            }
            StreamCheck check = StreamCheck.of(encoding, answer.exceptionTag());
            return new StreamedRows(answer, check, query.id(), () -> kill(query.id()));
        } catch (IOException failure) {
            answer.cancel();
            answer.close();
            throw ClickHouseHttp.unavailable(failure);
        } catch (RuntimeException | Error refused) {
            // Also when a decoder is missing on this platform: the connection must not be lost.
            answer.cancel();
            answer.close();
            throw refused;
        }
    }

    /// An empty answer is the same in every compression, and need not name one.
    private static void refuseUnlessEmpty(ClickHouseHttp.Answer answer, StreamCompression wanted) throws IOException {
        if (answer.body().read() >= 0) {
            throw ExportException.user(
                    "CompressionRefused",
                    "ClickHouse, or a proxy before it, does not compress with " + wanted.contentCoding() + ".",
                    "Choose another compression, or let the proxy pass the header Accept-Encoding.");
        }
    }

    /// Asks ClickHouse to end the queries whose id begins like this, and does not wait until they have.
    ///
    /// The id also is the query's comment, by which it is found where a proxy gave it an id of its own.
    void kill(String idPrefix) {
        Statement statement = new Statement.Builder()
                .add("KILL QUERY WHERE startsWith(query_id, ")
                .addText("prefix", idPrefix)
                .add(") OR startsWith(Settings['log_comment'], ")
                .addText("prefix", idPrefix)
                .add(") ASYNC FORMAT TabSeparated")
                .build();
        http.read(administration(statement));
        if (userQueries == UserQueriesRun.AS_ANOTHER_USER) {
            http.read(administration(Query.Authority.USER_QUERY, statement));
        }
    }

    /// As [#kill], for when a query that goes on running is a pity and not a failure: the user may not have the right
    /// to read `system.processes`, and no later query depends on it.
    void tryToKill(String idPrefix) {
        try {
            kill(idPrefix);
        } catch (ExportException failure) {
            LOG.warn("Queries {}* could not be ended: {}", idPrefix, failure.sentence());
        }
    }

    private Query administration(Statement statement) {
        return administration(Query.Authority.SOURCE, statement);
    }

    private Query administration(Query.Authority authority, Statement statement) {
        return new Query(
                "",
                authority,
                statement,
                settings.forAdministration(),
                StreamCompression.NONE,
                ADMINISTRATION_PATIENCE);
    }
}
