package dev.batchexports.embedded.clickhouse;

import static dev.batchexports.embedded.clickhouse.Front.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.github.luben.zstd.ZstdInputStream;
import dev.batchexports.embedded.Component;
import dev.batchexports.embedded.EmbeddedPlatform;
import dev.batchexports.embedded.Options;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.InflaterInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EngineFrontTest {
    /// Fails once more than the front holds back has been sent.
    private static final String FAILS_LATE =
            "SELECT number, throwIf(number = 2500000, 'too late') FROM numbers(3000000) FORMAT JSONEachRow"
                    + " SETTINGS max_block_size = 1000, max_threads = 1";

    private EmbeddedPlatform platform;
    private Front front;

    @BeforeAll
    void start(@TempDir Path folder) {
        platform = EmbeddedPlatform.start(Options.forTests(folder, Component.CLICKHOUSE));
        front = new Front(platform.connections());
    }

    @AfterAll
    void stop() {
        platform.close();
    }

    @Test
    void answersAsAServerDoes() throws Exception {
        HttpResponse<byte[]> response = front.post(
                "SELECT number FROM numbers(3)", Map.of("query_id", "my-query", "default_format", "JSONEachRow"));
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(text(response)).isEqualTo("{\"number\":0}\n{\"number\":1}\n{\"number\":2}\n");
        assertThat(response.headers().firstValue("X-ClickHouse-Query-Id")).contains("my-query");
        assertThat(response.headers().firstValue("X-ClickHouse-Format")).contains("JSONEachRow");
        assertThat(response.headers().firstValue("X-ClickHouse-Summary").orElseThrow())
                .contains("\"read_rows\":\"3\"", "\"result_rows\":\"3\"");
        assertThat(response.headers().firstValue("X-ClickHouse-Exception-Tag").orElseThrow())
                .matches("[a-z]{16}");
        assertThat(response.headers().firstValue("X-ClickHouse-Timezone")).isPresent();
    }

    @Test
    void pingNeedsNoPassword() throws Exception {
        HttpResponse<byte[]> response = front.send(
                HttpRequest.newBuilder(URI.create(platform.connections().clickhouseUrl() + "/ping")));
        assertThat(text(response)).isEqualTo("Ok.\n");
    }

    @Test
    void refusesAWrongPassword() throws Exception {
        String wrong = Base64.getEncoder().encodeToString("default:wrong".getBytes(StandardCharsets.UTF_8));
        for (HttpResponse<byte[]> response : List.of(
                front.send(front.anonymous(Map.of("query", "SELECT 1"))),
                front.send(front.anonymous(Map.of("query", "SELECT 1", "user", "default", "password", "wrong"))),
                front.send(front.anonymous(Map.of("query", "SELECT 1")).header("Authorization", "Basic " + wrong)),
                front.send(front.anonymous(Map.of("query", "SELECT 1"))
                        .header("X-ClickHouse-User", "default")
                        .header("X-ClickHouse-Key", "wrong")))) {
            assertThat(response.statusCode()).isEqualTo(403);
            assertThat(response.headers().firstValue("X-ClickHouse-Exception-Code"))
                    .contains("516");
            assertThat(text(response)).contains("Authentication failed");
        }
    }

    @Test
    void acceptsThePasswordInEachOfItsPlaces() throws Exception {
        String user = platform.connections().clickhouseUser();
        String password = platform.connections().clickhousePassword();
        String basic = Base64.getEncoder().encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
        assertThat(text(front.send(
                        front.anonymous(Map.of("query", "SELECT 1")).header("Authorization", "Basic " + basic))))
                .isEqualTo("1\n");
        assertThat(text(front.send(front.anonymous(Map.of("query", "SELECT 1", "user", user, "password", password)))))
                .isEqualTo("1\n");
    }

    @Test
    void takesStatementAndParametersAsAForm() throws Exception {
        String great = "é'\\\\".repeat(25_000);
        HttpResponse<byte[]> response = form(Map.of(
                "query", "SELECT {a:String}, length({b:String}), {c:UInt8}",
                "param_a", "it's -- 漢",
                "param_b", great));
        assertThat(response.statusCode()).as(text(response)).isEqualTo(200);
        assertThat(text(response)).isEqualTo("it\\'s -- 漢\t100000\t7\n");

        assertThat(text(form(Map.of("query", "SELECT 1", "param_a", "x".repeat(140_000)))))
                .contains("Field value too long");
        assertThat(text(form(Map.of("query", "INSERT INTO FUNCTION null('a Int8') SELECT 1", "readonly", "0"))))
                .contains("READONLY");
    }

    /// With a parameter `c` and `readonly` in the URL beside the form.
    private HttpResponse<byte[]> form(Map<String, String> fields) throws Exception {
        StringBuilder form = new StringBuilder();
        fields.forEach((name, value) -> form.append(
                "--limit\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n".formatted(name, value)));
        return front.send(front.request(Map.of("param_c", "7", "readonly", "2"))
                .header("Content-Type", "multipart/form-data; boundary=limit")
                .POST(BodyPublishers.ofString(form + "--limit--\r\n")));
    }

    @Test
    void bindsTypedParameters() throws Exception {
        HttpResponse<byte[]> response = front.post(
                "SELECT {text:String}, {time:DateTime64(6, 'UTC')}, {list:Array(Int64)} FORMAT JSONCompactEachRow",
                Map.of(
                        "param_text", "it's \\\\ \\t \"quoted\" ünïcode'; DROP TABLE x",
                        "param_time", "2026-01-02 03:04:05.678901",
                        "param_list", "[1,2,3]"));
        assertThat(text(response))
                .isEqualTo("[\"it's \\\\ \\t \\\"quoted\\\" ünïcode'; DROP TABLE x\", "
                        + "\"2026-01-02 03:04:05.678901\", [1,2,3]]\n");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "SELECT * FROM nonsuch | 404 | 60",
                "SELEC 1 | 400 | 62",
                "SELECT throwIf(1) | 500 | 395",
                "SELECT 1; SELECT 2 | 400 | 62",
                "SELECT toDate('x') | 400 | 38"
            })
    void turnsAnEarlyErrorIntoAStatus(String sql, int status, String code) throws Exception {
        HttpResponse<byte[]> response = front.post(sql, Map.of());
        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(response.headers().firstValue("X-ClickHouse-Exception-Code")).contains(code);
        assertThat(text(response)).startsWith("Code: " + code + ". DB::Exception: ");
    }

    @Test
    void refusesAnUnknownSetting() throws Exception {
        HttpResponse<byte[]> response = front.post("SELECT 1", Map.of("nonsuch_setting", "1"));
        assertThat(response.statusCode()).isEqualTo(404);
        assertThat(text(response)).contains("UNKNOWN_SETTING");
    }

    @Test
    void passesSettingsOn() throws Exception {
        HttpResponse<byte[]> response = front.post(
                "SELECT getSetting('max_threads'), getSetting('priority')",
                Map.of("max_threads", "1", "priority", "7"));
        assertThat(text(response)).isEqualTo("1\t7\n");
    }

    @Test
    void stopsAtTheExecutionTimeItWasGiven() throws Exception {
        HttpResponse<byte[]> response =
                front.post("SELECT count() FROM numbers(100000000000)", Map.of("max_execution_time", "0.2"));
        assertThat(response.statusCode()).isEqualTo(408);
        assertThat(text(response)).contains("TIMEOUT_EXCEEDED");
    }

    @Test
    void changesNothingByGetOrReadonly() throws Exception {
        HttpResponse<byte[]> byGet =
                front.send(front.request(Map.of("query", "CREATE TABLE by_get (a Int8) ENGINE = Memory")));
        assertThat(byGet.headers().firstValue("X-ClickHouse-Exception-Code")).contains("164");
        HttpResponse<byte[]> readonly =
                front.post("CREATE TABLE by_post (a Int8) ENGINE = Memory", Map.of("readonly", "2"));
        assertThat(readonly.headers().firstValue("X-ClickHouse-Exception-Code")).contains("164");
    }

    @Test
    void cutsTheConnectionWhenAQueryFailsHalfWay() throws Exception {
        Front.Received received = front.receive(FAILS_LATE, Map.of(), Map.of());
        assertThat(received.status()).isEqualTo(200);
        assertThat(received.ending()).isEqualTo(Front.Ending.CUT);
        String tag = received.header("X-ClickHouse-Exception-Tag");
        assertThat(tail(received.body()))
                .containsPattern("\\}\\n\\r\\n__exception__\\r\\n" + tag + "\\r\\nCode: 395\\..*too late.*\\n\\d+ "
                        + tag + "\\r\\n__exception__\\r\\n$");
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "zstd"})
    void cutsTheConnectionWhenACompressedResultFailsHalfWay(String coding) throws Exception {
        Front.Received received = front.receive(
                "SELECT number, cityHash64(number), throwIf(number = 900000, 'too late') FROM numbers(1000000)"
                        + " FORMAT JSONEachRow SETTINGS max_block_size = 1000, max_threads = 1",
                Map.of("enable_http_compression", "1"),
                Map.of("Accept-Encoding", coding));
        assertThat(received.status()).isEqualTo(200);
        assertThat(received.header("Content-Encoding")).isEqualTo(coding);
        assertThat(received.ending()).isEqualTo(Front.Ending.CUT);
        assertThat(tail(unpacked(coding, received.body()))).contains("__exception__", "too late");
    }

    @Test
    void leavesACompressedResultTornWhereAnErrorCannotFollowIt() throws Exception {
        Front.Received received = front.receive(
                "SELECT number, cityHash64(number), throwIf(number = 900000, 'too late') FROM numbers(1000000)"
                        + " FORMAT JSONEachRow SETTINGS max_block_size = 1000, max_threads = 1",
                Map.of("enable_http_compression", "1"),
                Map.of("Accept-Encoding", "deflate"));
        assertThat(received.header("Content-Encoding")).isEqualTo("deflate");
        assertThat(received.ending()).isEqualTo(Front.Ending.CUT);
        try (InputStream plain = new InflaterInputStream(new ByteArrayInputStream(received.body()))) {
            assertThatThrownBy(plain::readAllBytes).isInstanceOf(EOFException.class);
        }
    }

    @Test
    void cutsTheConnectionWhenAResultInBlocksFailsHalfWay() throws Exception {
        Front.Received received = front.receive(FAILS_LATE, Map.of("compress", "1"), Map.of());
        assertThat(received.ending()).isEqualTo(Front.Ending.CUT);
        byte[] body = new CompressedBlocks.Input(new ByteArrayInputStream(received.body())).readAllBytes();
        assertThat(tail(body)).contains("__exception__", "too late");
    }

    @Test
    void givesALateErrorItsStatusWhenAskedToWait() throws Exception {
        HttpResponse<byte[]> response = front.post(FAILS_LATE, Map.of("wait_end_of_query", "1"));
        assertThat(response.statusCode()).isEqualTo(500);
        assertThat(response.headers().firstValue("X-ClickHouse-Exception-Code")).contains("395");
    }

    @Test
    void sendsAWholeResultWhenAskedToWait() throws Exception {
        HttpResponse<byte[]> response =
                front.post("SELECT number FROM numbers(1000000) FORMAT RowBinary", Map.of("wait_end_of_query", "1"));
        assertThat(response.body()).hasSize(8_000_000);
        assertThat(response.headers().firstValue("X-ClickHouse-Summary").orElseThrow())
                .contains("\"result_rows\":\"1000000\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "zstd"})
    void compressesInOneDocument(String coding) throws Exception {
        HttpResponse<byte[]> response =
                front.send(front.request(Map.of("enable_http_compression", "1", "http_zlib_compression_level", "1"))
                        .header("Accept-Encoding", "identity, " + coding + ";q=0.5")
                        .POST(BodyPublishers.ofString("SELECT number FROM numbers(300000) FORMAT RowBinary")));
        assertThat(response.headers().firstValue("Content-Encoding")).contains(coding);
        assertThat(unpacked(coding, response.body())).hasSize(300_000 * 8);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 5, 8, 9, 100})
    void compressesShortResultsToo(int rows) throws Exception {
        HttpResponse<byte[]> response = front.send(front.request(Map.of("enable_http_compression", "1"))
                .header("Accept-Encoding", "gzip")
                .POST(BodyPublishers.ofString("SELECT number FROM numbers(" + rows + ") FORMAT RowBinary")));
        assertThat(unpacked("gzip", response.body())).hasSize(rows * 8);
    }

    @Test
    void compressesOnlyWhenBothSidesWantIt() throws Exception {
        assertThat(front.send(front.request(Map.of("query", "SELECT 1")).header("Accept-Encoding", "gzip"))
                        .headers()
                        .firstValue("Content-Encoding"))
                .isEmpty();
        assertThat(front.send(front.request(Map.of("query", "SELECT 1", "enable_http_compression", "1"))
                                .header("Accept-Encoding", "gzip;q=0, snappy"))
                        .headers()
                        .firstValue("Content-Encoding"))
                .isEmpty();
    }

    @Test
    void packsBlocksThatClickHouseClientsUnderstand() throws Exception {
        HttpResponse<byte[]> response =
                front.post("SELECT number FROM numbers(300000) FORMAT RowBinary", Map.of("compress", "1"));
        byte[] plain = new CompressedBlocks.Input(new ByteArrayInputStream(response.body())).readAllBytes();
        assertThat(plain).hasSize(300_000 * 8);
    }

    @Test
    void keepsTheBytesOfABinaryInsert() throws Exception {
        front.run("CREATE TABLE bytes (a String) ENGINE = MergeTree ORDER BY a");
        byte[] value = new byte[256];
        for (int index = 0; index < value.length; index++) {
            value[index] = (byte) index;
        }
        ByteArrayOutputStream row = new ByteArrayOutputStream();
        row.writeBytes(new byte[] {(byte) 0x80, 0x02});
        row.writeBytes(value);
        HttpResponse<byte[]> byUrl = front.post(
                BodyPublishers.ofByteArray(row.toByteArray()), Map.of("query", "INSERT INTO bytes FORMAT RowBinary"));
        assertThat(text(byUrl)).isEmpty();
        assertThat(byUrl.headers().firstValue("X-ClickHouse-Summary").orElseThrow())
                .contains("\"written_rows\":\"1\"");
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.writeBytes("INSERT INTO bytes (a) -- ü\nFORMAT RowBinary\n".getBytes(StandardCharsets.UTF_8));
        body.writeBytes(row.toByteArray());
        assertThat(front.post(BodyPublishers.ofByteArray(body.toByteArray()), Map.of())
                        .statusCode())
                .isEqualTo(200);
        assertThat(front.run("SELECT count(), groupUniqArray(length(a)), groupUniqArray(hex(a)) = [hex(unhex('"
                        + HexFormat.of().formatHex(value) + "'))] FROM bytes"))
                .isEqualTo("2\t[256]\t1");
    }

    @Test
    void takesInsertsInEachCompression() throws Exception {
        front.run("CREATE TABLE packed (a Int64) ENGINE = MergeTree ORDER BY a");
        byte[] rows = "1\n2\n3\n".getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream gzip = new ByteArrayOutputStream();
        try (OutputStream output = new GZIPOutputStream(gzip)) {
            output.write(rows);
        }
        Map<String, String> insert = Map.of("query", "INSERT INTO packed FORMAT TSV");
        assertThat(front.send(front.request(insert)
                                .header("Content-Encoding", "gzip")
                                .POST(BodyPublishers.ofByteArray(gzip.toByteArray())))
                        .statusCode())
                .isEqualTo(200);
        ByteArrayOutputStream blocks = new ByteArrayOutputStream();
        try (OutputStream output = new CompressedBlocks.Output(blocks)) {
            output.write(rows);
        }
        assertThat(front.post(
                                BodyPublishers.ofByteArray(blocks.toByteArray()),
                                Map.of("query", "INSERT INTO packed FORMAT TSV", "decompress", "1"))
                        .statusCode())
                .isEqualTo(200);
        assertThat(front.run("SELECT count(), sum(a) FROM packed")).isEqualTo("6\t12");
    }

    @Test
    void refusesAnUnknownContentEncoding() throws Exception {
        HttpResponse<byte[]> response = front.send(
                front.request(Map.of()).header("Content-Encoding", "snappy").POST(BodyPublishers.ofString("SELECT 1")));
        assertThat(response.statusCode()).isEqualTo(501);
        assertThat(text(response)).contains("Unknown compression method \"snappy\"");
    }

    @Test
    void reportsABadRowOfAnInsert() throws Exception {
        front.run("CREATE TABLE numbers_only (a Int64) ENGINE = MergeTree ORDER BY a");
        HttpResponse<byte[]> response =
                front.post(BodyPublishers.ofString("1\nx\n"), Map.of("query", "INSERT INTO numbers_only FORMAT TSV"));
        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(text(response)).contains("Code: 27");
        assertThat(front.run("SELECT count() FROM numbers_only")).isEqualTo("0");
    }

    @Test
    void writesParquetAsOneDocument() throws Exception {
        byte[] document = front.post(
                        "SELECT number, toString(number) AS text FROM numbers(300000) FORMAT Parquet",
                        Map.of("output_format_parquet_row_group_size", "50000"))
                .body();
        assertThat(Arrays.copyOf(document, 4)).isEqualTo("PAR1".getBytes(StandardCharsets.US_ASCII));
        assertThat(Arrays.copyOfRange(document, document.length - 4, document.length))
                .isEqualTo("PAR1".getBytes(StandardCharsets.US_ASCII));
        front.run("CREATE TABLE from_parquet (number UInt64, text String) ENGINE = MergeTree ORDER BY number");
        assertThat(text(front.post(
                        BodyPublishers.ofByteArray(document),
                        Map.of("query", "INSERT INTO from_parquet FORMAT Parquet"))))
                .isEmpty();
        assertThat(front.run("SELECT count(), uniqExact(number), sum(number) FROM from_parquet"))
                .isEqualTo("300000\t300000\t44999850000");
    }

    @Test
    void killsTheQueryOfAVanishedClient() throws Exception {
        front.run("CREATE TABLE slow_copy (a UInt64) ENGINE = Memory");
        Socket copying = front.sendOnSocket("INSERT INTO slow_copy SELECT count() AS copying_query FROM"
                + " numbers(1000000000000) WHERE cityHash64(number) = 1");
        Socket silent = front.sendOnSocket(
                "SELECT sum(sleepEachRow(0.1)), 'silent-query' FROM numbers(1000) SETTINGS max_block_size = 1");
        Socket streaming = front.sendOnSocket("SELECT number, 'streaming-query' FROM numbers(100000000000) FORMAT TSV");
        await().untilAsserted(() -> assertThat(front.running("silent-query")).isOne());
        await().untilAsserted(() -> assertThat(front.running("streaming-query")).isOne());
        await().untilAsserted(() -> assertThat(front.running("copying_query")).isOne());
        copying.close();
        silent.close();
        streaming.close();
        await().atMost(Duration.ofSeconds(5)).untilAsserted(() -> {
            assertThat(front.running("copying_query")).isZero();
            assertThat(front.running("silent-query")).isZero();
            assertThat(front.running("streaming-query")).isZero();
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"ASYNC", "SYNC", ""})
    void killsAQueryByItsId(String mode) throws Exception {
        String id = "to-be-killed-" + mode;
        CompletableFuture<HttpResponse<byte[]>> response = front.start(
                "SELECT count() AS victim_" + mode + " FROM numbers(1000000000000) WHERE cityHash64(number) = 1",
                Map.of("query_id", id));
        await().untilAsserted(() -> assertThat(front.running("victim_" + mode)).isOne());
        String killed = front.run("KILL QUERY WHERE query_id = '" + id + "' " + mode);
        assertThat(killed).contains("numbers(1000000000000)");
        assertThat(text(response.get(5, TimeUnit.SECONDS))).contains("Code: 394", "QUERY_WAS_CANCELLED");
    }

    @Test
    void leavesOtherQueriesAloneWhenOneIsKilled() throws Exception {
        CompletableFuture<HttpResponse<byte[]>> other = front.start(
                "SELECT sum(sleepEachRow(0.1)), 'other-query' FROM numbers(8) SETTINGS max_block_size = 1",
                Map.of("query_id", "other"));
        await().untilAsserted(() -> assertThat(front.running("other-query")).isOne());
        assertThat(front.run("KILL QUERY WHERE query_id = 'nonsuch' SYNC")).isEmpty();
        assertThat(other.get(10, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
    }

    @Test
    void refusesASecondQueryWithTheSameId() throws Exception {
        CompletableFuture<HttpResponse<byte[]>> first = front.start(
                "SELECT sum(sleepEachRow(0.1)), 'same-id-query' FROM numbers(8) SETTINGS max_block_size = 1",
                Map.of("query_id", "same"));
        await().untilAsserted(() -> assertThat(front.running("same-id-query")).isOne());
        assertThat(front.post("SELECT 1", Map.of("query_id", "same"))
                        .headers()
                        .firstValue("X-ClickHouse-Exception-Code"))
                .contains("216");
        assertThat(first.get(10, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
        assertThat(front.post("SELECT 1", Map.of("query_id", "same")).statusCode())
                .isEqualTo(200);
    }

    @Test
    void keepsASession() throws Exception {
        Map<String, String> session = Map.of("session_id", "my-session");
        front.post("CREATE TEMPORARY TABLE mine (a Int8)", session);
        front.post("INSERT INTO mine VALUES (7)", session);
        assertThat(text(front.post("SELECT a FROM mine", session))).isEqualTo("7\n");
        assertThat(front.post("SELECT a FROM mine", Map.of()).statusCode()).isEqualTo(404);
        assertThat(front.post("SELECT 1", Map.of("session_id", "unknown", "session_check", "1"))
                        .headers()
                        .firstValue("X-ClickHouse-Exception-Code"))
                .contains("372");
    }

    @Test
    void choosesTheDatabase() throws Exception {
        front.run("CREATE DATABASE elsewhere");
        assertThat(text(front.post("SELECT currentDatabase()", Map.of("database", "elsewhere"))))
                .isEqualTo("elsewhere\n");
        assertThat(front.post("SELECT 1", Map.of("database", "nonsuch")).statusCode())
                .isEqualTo(404);
    }

    @Test
    void streamsManyResultsSideBySide() throws Exception {
        List<CompletableFuture<HttpResponse<byte[]>>> all = IntStream.range(0, 12)
                .mapToObj(index -> front.start("SELECT number FROM numbers(500000) FORMAT RowBinary", Map.of()))
                .toList();
        for (CompletableFuture<HttpResponse<byte[]>> one : all) {
            assertThat(one.get(30, TimeUnit.SECONDS).body()).hasSize(4_000_000);
        }
    }

    private static byte[] unpacked(String coding, byte[] body) throws IOException {
        InputStream source = new ByteArrayInputStream(body);
        try (InputStream plain = coding.equals("gzip") ? new GZIPInputStream(source) : new ZstdInputStream(source)) {
            return plain.readAllBytes();
        }
    }

    private static String tail(byte[] body) {
        return new String(body, Math.max(0, body.length - 2_000), Math.min(2_000, body.length), StandardCharsets.UTF_8);
    }
}
