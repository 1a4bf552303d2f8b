package dev.batchexports.source.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import dev.batchexports.core.error.ErrorKind;
import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.secret.Secret;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What an answer means whose form the engine of the tests never takes: those of proxies and of other
/// versions.
class ClickHouseHttpTest {
    private final HttpServer server;
    private final List<String> requests = new ArrayList<>();

    ClickHouseHttpTest() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private ClickHouseHttp serving(HttpHandler handler) {
        server.createContext("/", exchange -> {
            requests.add(exchange.getRequestURI().getRawPath());
            exchange.getRequestBody().readAllBytes();
            handler.handle(exchange);
            exchange.close();
        });
        return new ClickHouseHttp(ClickHouseSettings.of(
                "http://127.0.0.1:" + server.getAddress().getPort() + "/behind/a/proxy/",
                "exporter",
                new Secret("päss:wörd"),
                "default"));
    }

    private static void answer(HttpExchange exchange, int status, byte[] body) throws IOException {
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
    }

    private static void answer(HttpExchange exchange, int status, String body) throws IOException {
        answer(exchange, status, body.getBytes(StandardCharsets.UTF_8));
    }

    private static Query query() {
        return new Query(
                "id",
                Query.Authority.SOURCE,
                new Statement("SELECT 1", Map.of()),
                Map.of(),
                StreamCompression.ZSTD,
                Duration.ofSeconds(5));
    }

    private static Consumer<Throwable> failure(String code, ErrorKind kind) {
        return thrown -> assertThat(thrown).isInstanceOfSatisfying(ExportException.class, failure -> {
            assertThat(failure.code()).isEqualTo(code);
            assertThat(failure.kind()).isEqualTo(kind);
        });
    }

    @Test
    void keepsThePathOfTheUrl() {
        try (ClickHouseHttp http = serving(exchange -> answer(exchange, 200, "Ok."))) {
            http.ping();
            assertThat(http.read(query())).isEqualTo("Ok.".getBytes(StandardCharsets.UTF_8));
        }
        assertThat(requests).containsExactly("/behind/a/proxy/ping", "/behind/a/proxy/");
    }

    @Test
    void sendsUserAndPasswordWhateverTheyAreMadeOf() {
        List<String> authorization = new ArrayList<>();
        try (ClickHouseHttp http = serving(exchange -> {
            authorization.addAll(exchange.getRequestHeaders().get("Authorization"));
            answer(exchange, 200, "");
        })) {
            http.read(query());
        }
        assertThat(authorization)
                .containsExactly("Basic "
                        + Base64.getEncoder().encodeToString("exporter:päss:wörd".getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void readsErrorsThatAreCompressed() {
        byte[] message = Zstd.compress("Code: 60. DB::Exception: Table default.t does not exist. (UNKNOWN_TABLE)"
                .getBytes(StandardCharsets.UTF_8));
        try (ClickHouseHttp http = serving(exchange -> {
            exchange.getResponseHeaders().set("Content-Encoding", "zstd");
            answer(exchange, 404, message);
        })) {
            assertThatThrownBy(() -> http.read(query()))
                    .satisfies(failure("UnknownTable", ErrorKind.USER))
                    .hasMessage("Table default.t does not exist.");
        }
    }

    @Test
    void readsTheErrorNumberOfTheHeaderWhereTheBodyHasNone() {
        try (ClickHouseHttp http = serving(exchange -> {
            exchange.getResponseHeaders().set("X-ClickHouse-Exception-Code", "202");
            answer(exchange, 500, "");
        })) {
            assertThatThrownBy(() -> http.read(query())).satisfies(failure("TooManyQueries", ErrorKind.TRANSIENT));
        }
    }

    @Test
    void anErrorBehindTheStatus200IsAnError() {
        try (ClickHouseHttp http = serving(exchange -> {
            exchange.getResponseHeaders().set("X-ClickHouse-Exception-Code", "241");
            answer(exchange, 200, "Code: 241. DB::Exception: Memory limit exceeded. (MEMORY_LIMIT_EXCEEDED)");
        })) {
            assertThatThrownBy(() -> http.read(query())).satisfies(failure("MemoryLimit", ErrorKind.TRANSIENT));
        }
    }

    @Test
    void aProxyThatCannotReachClickHousePasses() {
        for (int status : new int[] {429, 502, 503, 504}) {
            try (ClickHouseHttp http = serving(exchange -> answer(exchange, status, "<html>"))) {
                assertThatThrownBy(() -> http.read(query()))
                        .satisfies(failure("SourceUnavailable", ErrorKind.TRANSIENT))
                        .hasMessageContaining(Integer.toString(status));
            }
            server.removeContext("/");
        }
    }

    @Test
    void aRedirectIsNotFollowed() {
        try (ClickHouseHttp http = serving(exchange -> {
            exchange.getResponseHeaders().set("Location", "http://127.0.0.1:1/");
            answer(exchange, 302, "");
        })) {
            assertThatThrownBy(() -> http.read(query())).satisfies(failure("NotClickHouse", ErrorKind.USER));
        }
        assertThat(requests).hasSize(1);
    }

    @Test
    void nothingIsSentTwice() {
        try (ClickHouseHttp http = serving(HttpExchange::close)) {
            assertThatThrownBy(() -> http.read(query())).satisfies(failure("SourceUnavailable", ErrorKind.TRANSIENT));
        }
        assertThat(requests).hasSize(1);
    }

    @Test
    void anAnswerShorterThanAnnouncedIsTorn() {
        try (ClickHouseHttp http = serving(exchange -> {
            exchange.sendResponseHeaders(200, 100);
            exchange.getResponseBody().write(new byte[50]);
        })) {
            assertThatThrownBy(() -> http.read(query())).satisfies(failure("SourceUnavailable", ErrorKind.TRANSIENT));
        }
    }
}
