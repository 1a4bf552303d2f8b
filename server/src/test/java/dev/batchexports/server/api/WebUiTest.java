package dev.batchexports.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.server.TestServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.ConfigurableApplicationContext;

/// The files of the web UI are served as browsers want them, and nothing else is.
class WebUiTest {
    @TempDir
    static Path folder;

    private static ConfigurableApplicationContext another;
    private static ApiClient browser;

    @BeforeAll
    static void start() throws IOException {
        Path web = folder.resolve("web");
        Path files = Files.createDirectories(web.resolve("assets"));
        Files.writeString(web.resolve("index.html"), "<!doctype html><title>the page</title>");
        Files.writeString(web.resolve("favicon.svg"), "<svg/>");
        Files.writeString(files.resolve("main-abc.js"), "plain");
        Files.writeString(files.resolve("main-abc.js.br"), "compressed");
        Files.writeString(folder.resolve("secret.txt"), "nobody's business");
        another = TestServer.get().startAnother(Map.of("bx.web.directory", web.toString()));
        browser = new ApiClient(TestServer.url(another), "", 1);
    }

    @AfterAll
    static void stop() {
        another.close();
    }

    private static ApiClient.Answer get(String path, String... headers) {
        return browser.send("GET", path, "", headers);
    }

    @Test
    void thePageStandsAtEveryViewAndIsAskedForEachTime() {
        for (String path :
                new String[] {"/", "/sign-in", "/system", "/projects/1/exports", "/projects/1/exports/x/runs"}) {
            ApiClient.Answer page = get(path).is(200);
            assertThat(page.body()).contains("the page");
            assertThat(page.header("content-type")).startsWith("text/html");
            assertThat(page.header("cache-control")).isEqualTo("no-cache");
        }
    }

    @Test
    void thePageMayLoadNothingInlineAndNothingFromElsewhere() {
        ApiClient.Answer page = get("/");

        assertThat(page.header("content-security-policy"))
                .contains("default-src 'none'", "script-src 'self'", "style-src 'self';", "frame-ancestors 'none'")
                .doesNotContain("unsafe", "http");
        assertThat(page.header("x-content-type-options")).isEqualTo("nosniff");
    }

    @Test
    void whatIsNamedByItsContentIsKeptForEverAndSentCompressed() {
        ApiClient.Answer plain = get("/assets/main-abc.js").is(200);
        assertThat(plain.body()).isEqualTo("plain");
        assertThat(plain.header("cache-control")).contains("max-age=31536000", "immutable");

        ApiClient.Answer compressed =
                get("/assets/main-abc.js", "Accept-Encoding", "gzip, br").is(200);
        assertThat(compressed.header("content-encoding")).isEqualTo("br");
        assertThat(compressed.header("content-type")).contains("javascript");
        assertThat(compressed.header("vary")).contains("Accept-Encoding");
    }

    @Test
    void nothingElseIsServed() {
        for (String path :
                new String[] {"/assets/none.js", "/nothing-here", "/assets/../../secret.txt", "/%2e%2e/secret.txt"}) {
            assertThat(get(path).status()).as(path).isGreaterThanOrEqualTo(400);
            assertThat(get(path).body()).doesNotContain("business");
        }
        assertThat(get("/api/projects/1/batch_exports/").status()).isEqualTo(401);
        assertThat(get("/favicon.svg").is(200).header("content-type")).isEqualTo("image/svg+xml");
    }
}
