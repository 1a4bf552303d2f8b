package dev.batchexports.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Which server a command asks, and with which token.
class ServerAddressTest {
    @TempDir
    private Path folder = Path.of("");

    private Map<String, String> nothing = Map.of();

    @BeforeEach
    void useAFolder() {
        nothing = Map.of("BX_DATA_DIR", folder.toString());
    }

    private void aRunningServer(String url) throws IOException {
        Files.writeString(
                folder.resolve("connection.json"), "{\"api_url\": \"" + url + "\", \"api_token\": \"local\"}");
    }

    @Test
    void optionsComeBeforeTheEnvironmentAndThatBeforeTheConnectionFile() throws IOException {
        aRunningServer("http://127.0.0.1:8080");
        Map<String, String> environment = Map.of(
                "BX_DATA_DIR", folder.toString(), "BX_API_URL", "https://bx.example.com/", "BX_API_TOKEN", "shell");

        assertThat(ServerAddress.find("http://option:1", "option", environment))
                .isEqualTo(new ServerAddress("http://option:1", "option"));
        assertThat(ServerAddress.find(null, null, environment))
                .isEqualTo(new ServerAddress("https://bx.example.com", "shell"));
        assertThat(ServerAddress.find(null, null, nothing))
                .isEqualTo(new ServerAddress("http://127.0.0.1:8080", "local"));
    }

    @Test
    void theTokenOfTheLocalServerIsSentToNoOther() throws IOException {
        aRunningServer("http://127.0.0.1:8080");

        assertThatThrownBy(() -> ServerAddress.find("https://elsewhere.example.com", null, nothing))
                .isInstanceOf(CommandFailure.class)
                .hasMessage("No token is given for https://elsewhere.example.com: set BX_API_TOKEN, or name one with"
                        + " --token. A server's first token is what its BX_SECURITY_BOOTSTRAP_TOKEN holds.");
        assertThat(ServerAddress.find("http://127.0.0.1:8080/", null, nothing).token())
                .isEqualTo("local");
    }

    @Test
    void saysHowToStartAServerWhenNoneIsNamed() {
        assertThatThrownBy(() -> ServerAddress.find(null, null, nothing))
                .isInstanceOf(CommandFailure.class)
                .hasMessageContaining(folder.resolve("connection.json").toString())
                .hasMessageContaining("./bx dev")
                .hasMessageContaining("BX_API_URL");
    }

    @Test
    void refusesWhatIsNoUrl() {
        assertThatThrownBy(() -> ServerAddress.find("localhost:8080", "t", nothing))
                .hasMessage(
                        "The server's address must be a URL such as http://127.0.0.1:8080, not \"localhost:8080\".");
    }

    @Test
    void doesNotShowTheToken() {
        assertThat(new ServerAddress("http://a", "bxt_hidden").toString()).doesNotContain("bxt_hidden");
    }
}
