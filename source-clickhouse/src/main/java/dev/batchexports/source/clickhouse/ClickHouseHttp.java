package dev.batchexports.source.clickhouse;

import dev.batchexports.core.error.ErrorKind;
import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.secret.Secret;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.stream.Collectors;
import javax.net.ssl.SSLException;
import org.apache.hc.client5.http.ConnectTimeoutException;
import org.apache.hc.client5.http.classic.methods.HttpGet;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.classic.methods.HttpUriRequestBase;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.io.SocketConfig;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.http.message.BasicNameValuePair;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;

/// The ClickHouse HTTP interface: sends statements, hands back answers, and turns whatever goes wrong
/// into an [ExportException].
///
/// A plain HTTP client and not ClickHouse's own: that one decodes what it receives, and these bytes are to
/// be stored as they come. Blocking, for virtual threads. Nothing is sent twice: Temporal retries.
final class ClickHouseHttp implements AutoCloseable {
    /// The longest answer that is taken as a whole: a histogram of 65,536 buckets has 2 MB.
    private static final int LONGEST_ANSWER = 64 << 20;
    /// ClickHouse cuts its messages at 16 KB.
    private static final int LONGEST_ERROR = 64 << 10;
    /// Of all parameters together: proxies take URLs of 8 KB.
    private static final int LONGEST_IN_URL = 4 << 10;

    private static final String PARAMETER = "param_";
    /// Servers close idle connections after 10 s, proxies sooner.
    private static final TimeValue VALIDATE_AFTER = TimeValue.ofSeconds(1);

    private static final int KEEP_ALIVE_IDLE_SECONDS = 30;
    private static final int KEEP_ALIVE_INTERVAL_SECONDS = 10;
    private static final int KEEP_ALIVE_PROBES = 3;

    private final ClickHouseSettings settings;
    private final CloseableHttpClient client;
    private final HttpHost host;
    private final Map<Query.Authority, String> authorizations;

    ClickHouseHttp(ClickHouseSettings settings) {
        this.settings = settings;
        URI url = settings.url();
        this.host = new HttpHost(url.getScheme(), url.getHost(), url.getPort());
        this.authorizations = Map.of(
                Query.Authority.SOURCE,
                basic(settings.user(), settings.password()),
                Query.Authority.USER_QUERY,
                settings.userQueries().hasUser()
                        ? basic(
                                settings.userQueries().user(),
                                settings.userQueries().password())
                        : basic(settings.user(), settings.password()));
        Timeout connectTimeout = Timeout.of(settings.connectTimeout());
        Timeout socketTimeout = Timeout.of(settings.socketTimeout());
        this.client = HttpClients.custom()
                .setConnectionManager(PoolingHttpClientConnectionManagerBuilder.create()
                        .setMaxConnTotal(settings.connections())
                        .setMaxConnPerRoute(settings.connections())
                        .setDefaultConnectionConfig(ConnectionConfig.custom()
                                .setConnectTimeout(connectTimeout)
                                .setSocketTimeout(socketTimeout)
                                .setValidateAfterInactivity(VALIDATE_AFTER)
                                .build())
                        .setDefaultSocketConfig(SocketConfig.custom()
                                .setSoTimeout(socketTimeout)
                                .setTcpNoDelay(true)
                                // A peer that is gone is noticed while a query is rightly silent.
                                .setSoKeepAlive(true)
                                .setTcpKeepIdle(KEEP_ALIVE_IDLE_SECONDS)
                                .setTcpKeepInterval(KEEP_ALIVE_INTERVAL_SECONDS)
                                .setTcpKeepCount(KEEP_ALIVE_PROBES)
                                .build())
                        .build())
                .setDefaultRequestConfig(requestConfig(connectTimeout))
                .setUserAgent("batch-exports")
                // The bytes are stored as they come.
                .disableContentCompression()
                .disableAutomaticRetries()
                // A redirect would carry the password to another server.
                .disableRedirectHandling()
                .disableCookieManagement()
                .disableAuthCaching()
                .build();
    }

    private static String basic(String user, Secret password) {
        byte[] login = (user + ":" + password.reveal()).getBytes(StandardCharsets.UTF_8);
        return "Basic " + Base64.getEncoder().encodeToString(login);
    }

    private RequestConfig requestConfig(Timeout responseTimeout) {
        return RequestConfig.custom()
                // Slices hold connections for minutes: whoever finds none waits as patiently as for an answer.
                .setConnectionRequestTimeout(Timeout.of(settings.socketTimeout()))
                .setResponseTimeout(responseTimeout)
                .setProtocolUpgradeEnabled(false)
                .build();
    }

    /// The answer to a query whose answer is small.
    byte[] read(Query query) {
        try (Answer answer = open(query)) {
            byte[] bytes = answer.body().readNBytes(LONGEST_ANSWER + 1);
            if (bytes.length > LONGEST_ANSWER) {
                throw new ExportException(
                        "AnswerTooLong",
                        ErrorKind.INTERNAL,
                        "The answer of ClickHouse to query " + query.id() + " is too long.",
                        "");
            }
            return bytes;
        } catch (IOException failure) {
            throw unavailable(failure);
        }
    }

    /// Sends a query and waits until its answer begins.
    ///
    /// @throws ExportException if ClickHouse refuses the query or cannot be reached
    Answer open(Query query) {
        Map<String, String> parameters = new LinkedHashMap<>(query.settings());
        parameters.put("database", settings.database());
        if (!query.id().isEmpty()) {
            parameters.put("query_id", query.id());
        }
        HttpEntity entity =
                new ByteArrayEntity(query.statement().sql().getBytes(StandardCharsets.UTF_8), ContentType.TEXT_PLAIN);
        if (isLong(query.statement().parameters())) {
            entity = form(query.statement());
        } else {
            query.statement().parameters().forEach((name, value) -> parameters.put(PARAMETER + name, value));
        }
        HttpPost request = new HttpPost(path("/", parameters));
        request.setHeader(HttpHeaders.ACCEPT_ENCODING, query.compression().contentCoding());
        request.setEntity(entity);
        request.setConfig(requestConfig(Timeout.of(query.patience())));
        Answer answer = send(request, query.authority());
        try {
            check(answer, query.id());
            return answer;
        } catch (ExportException refused) {
            answer.close();
            throw refused;
        }
    }

    private static boolean isLong(Map<String, String> parameters) {
        return parameters.values().stream().mapToInt(String::length).sum() > LONGEST_IN_URL;
    }

    /// The statement as a form: a URL ends at 1 MB, and at 8 KB for many a proxy. A server takes 128 KB for each
    /// field.
    private static HttpEntity form(Statement statement) {
        StringBuilder form = new StringBuilder();
        // Of characters that no value has by chance, nor by intent.
        String boundary = "batch-exports-" + UUID.randomUUID();
        addField(form, boundary, "query", statement.sql());
        statement.parameters().forEach((name, value) -> addField(form, boundary, PARAMETER + name, value));
        form.append("--").append(boundary).append("--\r\n");
        return new ByteArrayEntity(
                form.toString().getBytes(StandardCharsets.UTF_8),
                ContentType.MULTIPART_FORM_DATA.withParameters(new BasicNameValuePair("boundary", boundary)));
    }

    /// @param name of letters, digits and underscores
    private static void addField(StringBuilder form, String boundary, String name, String value) {
        form.append("--").append(boundary).append("\r\nContent-Disposition: form-data; name=\"");
        form.append(name).append("\"\r\n\r\n").append(value).append("\r\n");
    }

    /// Whether an HTTP server answers that it is ClickHouse and up.
    ///
    /// @throws ExportException if it does not
    void ping() {
        try (Answer answer = send(new HttpGet(path("/ping", Map.of())), Query.Authority.SOURCE)) {
            check(answer, "");
            answer.body().readNBytes(LONGEST_ERROR);
        } catch (IOException failure) {
            throw unavailable(failure);
        }
    }

    private Answer send(HttpUriRequestBase request, Query.Authority authority) {
        request.setHeader(HttpHeaders.AUTHORIZATION, Objects.requireNonNull(authorizations.get(authority)));
        try {
            return new Answer(request, client.executeOpen(host, request, null));
        } catch (IOException failure) {
            throw unavailable(failure);
        }
    }

    private void check(Answer answer, String queryId) {
        OptionalInt errorCode = answer.errorCode();
        if (answer.status() == 200 && errorCode.isEmpty()) {
            return;
        }
        String text = errorText(answer);
        Optional<ServerError> error = ServerError.parse(text);
        if (error.isPresent()) {
            throw error.get().toExportException(queryId);
        }
        if (errorCode.isPresent()) {
            throw new ServerError(errorCode.getAsInt(), "", "").toExportException(queryId);
        }
        int status = answer.status();
        if (status >= 500 || status == 408 || status == 429) {
            throw ExportException.passing(
                    "SourceUnavailable", "ClickHouse answered with HTTP status " + status + ".", null);
        }
        throw ExportException.user(
                "NotClickHouse",
                "The answer has HTTP status " + status + " and is not one of ClickHouse.",
                "Check the URL of the source, and what stands between it and ClickHouse.");
    }

    private static String errorText(Answer answer) {
        try {
            byte[] bytes = answer.body().readNBytes(LONGEST_ERROR);
            StreamCompression compression = answer.compression();
            if (compression != StreamCompression.NONE) {
                ByteArrayOutputStream plain = new ByteArrayOutputStream();
                try (FrameDecoder decoder = FrameDecoder.of(compression)) {
                    decoder.decode(bytes, 0, bytes.length, plain::write);
                }
                return plain.toString(StandardCharsets.UTF_8);
            }
            return new String(bytes, StandardCharsets.UTF_8);
        } catch (IOException _) {
            // The status and the headers say enough.
            return "";
        }
    }

    private String path(String path, Map<String, String> parameters) {
        String base = settings.url().getRawPath().replaceAll("/+$", "");
        return parameters.entrySet().stream()
                .map(entry -> encoded(entry.getKey()) + "=" + encoded(entry.getValue()))
                .collect(Collectors.joining("&", base + path + "?", ""));
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    static ExportException unavailable(IOException failure) {
        String sentence = switch (failure) {
            case UnknownHostException _ -> "The host name of ClickHouse is not known.";
            case ConnectTimeoutException _ -> "ClickHouse did not accept a connection in time.";
            case SocketTimeoutException _ -> "ClickHouse was silent for too long.";
            case SSLException _ -> "The encrypted connection to ClickHouse could not be made.";
            default -> "The connection to ClickHouse failed.";
        };
        return ExportException.passing("SourceUnavailable", sentence, failure);
    }

    @Override
    public void close() {
        client.close(CloseMode.IMMEDIATE);
    }

    /// An answer that has begun. Used by one thread, but for [#cancel].
    static final class Answer implements AutoCloseable {
        private final HttpUriRequestBase request;
        private final ClassicHttpResponse response;
        private final InputStream body;

        private Answer(HttpUriRequestBase request, ClassicHttpResponse response) throws IOException {
            this.request = request;
            this.response = response;
            HttpEntity entity = response.getEntity();
            this.body = entity == null ? InputStream.nullInputStream() : entity.getContent();
        }

        InputStream body() {
            return body;
        }

        int status() {
            return response.getCode();
        }

        /// ClickHouse's error number, where the error came before the first byte.
        OptionalInt errorCode() {
            return header("X-ClickHouse-Exception-Code")
                    .filter(value -> value.matches("\\d{1,9}"))
                    .map(value -> OptionalInt.of(Integer.parseInt(value)))
                    .orElse(OptionalInt.empty());
        }

        /// The word by which an error inside the body is told from rows, where the server uses one.
        Optional<String> exceptionTag() {
            return header("X-ClickHouse-Exception-Tag");
        }

        /// What the query cost, as JSON; empty if the server does not tell. Whole only where the answer was
        /// waited for.
        String summary() {
            return header("X-ClickHouse-Summary").orElse("");
        }

        /// How the body is compressed.
        StreamCompression compression() {
            String coding = header(HttpHeaders.CONTENT_ENCODING).orElse("").strip();
            for (StreamCompression compression : StreamCompression.values()) {
                if (compression.contentCoding().equalsIgnoreCase(coding)) {
                    return compression;
                }
            }
            return StreamCompression.NONE;
        }

        private Optional<String> header(String name) {
            Header header = response.getFirstHeader(name);
            return header == null ? Optional.empty() : Optional.ofNullable(header.getValue());
        }

        /// Cuts the connection. To be called before [#close] if the body was not read to its end, which
        /// closing would otherwise do, however long it is.
        void cancel() {
            request.cancel();
        }

        /// Gives the connection back.
        @Override
        public void close() {
            try {
                response.close();
            } catch (IOException _) {
                // It is of no use any more.
            }
        }
    }
}
