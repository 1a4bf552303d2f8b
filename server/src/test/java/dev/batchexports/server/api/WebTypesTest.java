package dev.batchexports.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// The web UI is compiled against the description that this server gives of itself.
class WebTypesTest {
    private static final Path KEPT = Path.of("..", "ui", "src", "api", "openapi.json");
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(SerializationFeature.INDENT_OUTPUT)
            .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
            .build();

    /// `-Dbx.update-openapi=true` writes the file anew; then `npm run types` in `ui`.
    @Test
    void theDescriptionThatTheWebUiIsCompiledAgainstIsTheServersOwn() throws IOException {
        JsonNode own = ApiClient.forNewProject()
                .withToken("")
                .send("GET", "/api/openapi.json", "")
                .is(200)
                .json();
        // Forms are made from the schemas of destinations at run time: the UI names none.
        ((ObjectNode) own.at("/components/schemas/Destination")).remove("oneOf");
        if (Boolean.getBoolean("bx.update-openapi")) {
            Files.createDirectories(KEPT.getParent());
            Files.writeString(KEPT, JSON.writeValueAsString(own) + "\n");
        }

        assertThat(JSON.readTree(Files.readString(KEPT)))
                .as("ui/src/api/openapi.json: write it anew with -Dbx.update-openapi=true, then npm run types in ui")
                .isEqualTo(own);
    }
}
