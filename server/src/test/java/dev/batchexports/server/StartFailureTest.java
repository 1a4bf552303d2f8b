package dev.batchexports.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// A server that cannot start says why in one sentence.
class StartFailureTest {
    private final TestServer server = TestServer.get();

    private String failure(Map<String, Object> changes) {
        Throwable failure =
                catchThrowable(() -> server.startAnother(new HashMap<>(changes)).close());
        assertThat(failure).isNotNull();
        String sentence = StartFailure.sentence(failure);
        assertThat(sentence).doesNotContain("\n", "Exception", "Bean", "at dev.");
        return sentence;
    }

    @Test
    void withoutEncryptionKeys() {
        assertThat(failure(Map.of("bx.encryption.keys", ""))).startsWith("BX_ENCRYPTION_KEYS is empty: set it to");
    }

    @Test
    void withABrokenEncryptionKey() {
        assertThat(failure(Map.of("bx.encryption.keys", "c2hvcnQ="))).contains("BX_ENCRYPTION_KEYS", "32");
    }

    @Test
    void withoutADatabase() {
        assertThat(failure(Map.of("bx.database.url", ""))).startsWith("BX_DATABASE_URL is empty");
    }

    @Test
    void withADatabaseThatCannotBeReached() {
        assertThat(failure(Map.of("bx.database.url", "jdbc:postgresql://127.0.0.1:1/none")))
                .startsWith("The metadata database cannot be reached");
    }

    @Test
    void withADatabaseThatRefusesTheLogin() {
        assertThat(failure(Map.of("bx.database.password", "wrong")))
                .startsWith("The metadata database refuses the login");
    }

    @Test
    void withAPortThatIsTaken() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThat(failure(Map.of("bx.http.port", taken.getLocalPort())))
                    .isEqualTo("Port " + taken.getLocalPort() + " is taken: set BX_HTTP_PORT to a free one.");
        }
    }

    @Test
    void withASettingOfTheWrongForm() {
        assertThat(failure(Map.of("bx.clickhouse.connect-timeout", "soon"))).contains("soon");
    }

    @Test
    void withATokenThatAnybodyCouldGuess() {
        assertThat(failure(Map.of("bx.security.bootstrap-token", "secret")))
                .contains("BX_SECURITY_BOOTSTRAP_TOKEN")
                .doesNotContain("\"secret\"");
    }
}
