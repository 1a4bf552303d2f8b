package dev.batchexports.server.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.batchexports.server.StartFailure;
import dev.batchexports.server.TestServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.ConfigurableApplicationContext;

/// The API behind TLS of its own.
class TlsTest {
    private static final char[] PASSWORD = "changeit".toCharArray();

    @TempDir
    private Path folder;

    private final TestServer server = TestServer.get();

    @Test
    void withACertificateTheApiAnswersByTlsAloneAndItsCookieIsSecure() throws Exception {
        KeyStore store = generate();
        Path certificate = pem(
                "certificate.pem", "CERTIFICATE", store.getCertificate("own").getEncoded());
        Path key = pem("key.pem", "PRIVATE KEY", store.getKey("own", PASSWORD).getEncoded());
        try (ConfigurableApplicationContext secure = server.startAnother(
                Map.of("bx.http.tls.certificate", certificate.toString(), "bx.http.tls.private-key", key.toString()))) {
            String address = TestServer.url(secure).substring("http".length());
            URI health = URI.create("https" + address + "/api/health/live");
            try (HttpClient trusting =
                    HttpClient.newBuilder().sslContext(trusting(store)).build()) {
                HttpResponse<String> alive =
                        trusting.send(HttpRequest.newBuilder(health).build(), BodyHandlers.ofString());
                assertThat(alive.statusCode()).isEqualTo(200);
                assertThat(alive.sslSession().orElseThrow().getProtocol()).isEqualTo("TLSv1.3");

                HttpResponse<String> signedIn = trusting.send(
                        HttpRequest.newBuilder(URI.create("https" + address + "/api/sign_in"))
                                .header("Content-Type", "application/json")
                                .POST(BodyPublishers.ofString("{\"token\": \"" + TestServer.TOKEN + "\"}"))
                                .build(),
                        BodyHandlers.ofString());
                assertThat(signedIn.headers().firstValue("set-cookie").orElseThrow())
                        .contains("; Secure", "HttpOnly", "SameSite=Strict");
            }
            try (HttpClient old = HttpClient.newBuilder()
                    .sslContext(trusting(store))
                    .sslParameters(new SSLParameters(null, new String[] {"TLSv1.1"}))
                    .build()) {
                assertThatThrownBy(() -> old.send(HttpRequest.newBuilder(health).build(), BodyHandlers.ofString()))
                        .isInstanceOf(IOException.class);
            }
            try (HttpClient stranger = HttpClient.newHttpClient()) {
                assertThatThrownBy(() ->
                                stranger.send(HttpRequest.newBuilder(health).build(), BodyHandlers.ofString()))
                        .isInstanceOf(SSLHandshakeException.class);
            }
            assertThat(new ApiClient("http" + address, TestServer.TOKEN, server.newProject())
                            .get("")
                            .status())
                    .isEqualTo(400);
        }
    }

    @Test
    void withoutTlsTheCookieIsNotSecureSoThatBrowsersKeepIt() {
        ApiClient.Answer signedIn = ApiClient.forNewProject()
                .withToken("")
                .send("POST", "/api/sign_in", "{\"token\": \"" + TestServer.TOKEN + "\"}");

        assertThat(signedIn.header("set-cookie")).contains("HttpOnly").doesNotContain("Secure");
    }

    @Test
    void aCertificateWithoutAKeyOrOneThatIsNotThereStopsTheStartWithASentence() throws IOException {
        Path file = Files.createFile(folder.resolve("empty.pem"));

        assertThatThrownBy(() -> server.startAnother(Map.of("bx.http.tls.certificate", file.toString())))
                .satisfies(failure ->
                        assertThat(StartFailure.sentence(failure)).startsWith("BX_HTTP_TLS_PRIVATE_KEY is empty"));
        assertThatThrownBy(() -> server.startAnother(Map.of(
                        "bx.http.tls.certificate", file + ".missing", "bx.http.tls.private-key", file.toString())))
                .satisfies(failure -> assertThat(StartFailure.sentence(failure))
                        .startsWith("BX_HTTP_TLS_CERTIFICATE names")
                        .endsWith("which cannot be read"));
    }

    /// A certificate for 127.0.0.1, made by the JDK's own tool.
    private KeyStore generate() throws IOException, InterruptedException, GeneralSecurityException {
        Path file = folder.resolve("own.p12");
        Process keytool = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "own",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=localhost",
                        "-ext",
                        "SAN=ip:127.0.0.1",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        file.toString(),
                        "-storepass",
                        new String(PASSWORD)))
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("keytool.log").toFile())
                .start();
        assertThat(keytool.waitFor()).isZero();
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream content = Files.newInputStream(file)) {
            store.load(content, PASSWORD);
        }
        return store;
    }

    private Path pem(String name, String kind, byte[] content) throws IOException {
        return Files.writeString(
                folder.resolve(name),
                "-----BEGIN " + kind + "-----\n"
                        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content) + "\n-----END " + kind
                        + "-----\n");
    }

    private static SSLContext trusting(KeyStore own) throws IOException, GeneralSecurityException {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("own", own.getCertificate("own"));
        TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        return context;
    }
}
