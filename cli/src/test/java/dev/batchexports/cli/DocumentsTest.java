package dev.batchexports.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

/// Files of batch exports.
class DocumentsTest {
    private final Documents documents = new Documents(Map.of("SECRET", "s3cr$et\\1", "EMPTY", ""));

    @TempDir
    private Path folder = Path.of("");

    private List<ObjectNode> read(String text) throws IOException {
        return documents.read(
                Files.writeString(folder.resolve("exports.yaml"), text).toString());
    }

    @Test
    void holdSeveralDocumentsAListOrJson() throws IOException {
        assertThat(read("name: a\n---\nname: b\n---\n")).hasSize(2);
        assertThat(read("- name: a\n- name: b\n- name: c\n")).hasSize(3);
        assertThat(read("{\"name\": \"a\"}\n{\"name\": \"b\"}")).hasSize(2);
        assertThat(read("[{\"name\": \"a\"}]")).hasSize(1);
    }

    @Test
    void takeSecretsFromTheEnvironmentAtAnyDepthAsTheyAre() throws IOException {
        ObjectNode document =
                read("destination: {config: {secret: 'x${SECRET}y', empty: '${EMPTY}', list: ['${SECRET}']}}")
                        .getFirst();

        assertThat(document.at("/destination/config/secret").stringValue()).isEqualTo("xs3cr$et\\1y");
        assertThat(document.at("/destination/config/empty").stringValue()).isEmpty();
        assertThat(document.at("/destination/config/list/0").stringValue()).isEqualTo("s3cr$et\\1");
    }

    @Test
    void leaveWhatIsMeantAsItStands() throws IOException {
        ObjectNode document = read("a: 'cost $5 {interval_start} $${SECRET}'").getFirst();

        assertThat(document.at("/a").stringValue()).isEqualTo("cost $5 {interval_start} ${SECRET}");
    }

    @Test
    void sayWhereAVariableIsMissing() {
        assertThatThrownBy(() -> read("name: a\n---\nname: b\nx: {y: '${ABSENT}'}"))
                .hasMessageEndingWith("exports.yaml, document 2, at /x/y: the environment variable ABSENT is not set.");
    }

    @Test
    void sayWhereTheyAreMalformed() {
        assertThatThrownBy(() -> read("name: a\n  b: ["))
                .hasMessageContaining("is neither YAML nor JSON")
                .hasMessageContaining("line 2");
        assertThatThrownBy(() -> read("name: a\nname: b")).hasMessageContaining("is neither YAML nor JSON");
        assertThatThrownBy(() -> read("just text"))
                .hasMessageEndingWith("document 1, must be a batch export: fields and their values.");
        assertThatThrownBy(() -> read("# nothing\n")).hasMessageEndingWith("holds no batch export.");
        assertThatThrownBy(() -> documents.read("/nowhere.yaml")).hasMessage("There is no file /nowhere.yaml.");
    }

    @Test
    void takeWordsForTexts() throws IOException {
        assertThat(read("name: no\ninterval: off").getFirst().at("/interval").isString())
                .isTrue();
    }
}
