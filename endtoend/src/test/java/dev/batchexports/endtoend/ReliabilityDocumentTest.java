package dev.batchexports.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// The tests that `docs/reliability.md` names are there.
class ReliabilityDocumentTest {
    private static final Path DOCUMENT = Path.of("..", "docs", "reliability.md");
    private static final Pattern ROW = Pattern.compile("^\\| \\d+ \\|.*$", Pattern.MULTILINE);
    private static final Pattern LINK = Pattern.compile("\\[`(\\w+)#(\\w+)`]\\(([^)]+)\\)");

    @Test
    void everyTestThatIsNamedIsThere() throws IOException {
        List<String> missing = new ArrayList<>();
        List<MatchResult> links =
                LINK.matcher(Files.readString(DOCUMENT)).results().toList();
        for (MatchResult link : links) {
            Path file = DOCUMENT.resolveSibling(link.group(3));
            boolean isThere = file.getFileName().toString().equals(link.group(1) + ".java")
                    && Files.isRegularFile(file)
                    && Pattern.compile("@(Test|ParameterizedTest|Property)\\b[^;]*\\bvoid " + link.group(2) + "\\(")
                            .matcher(Files.readString(file))
                            .find();
            if (!isThere) {
                missing.add(link.group());
            }
        }

        assertThat(missing).isEmpty();
        assertThat(links).hasSizeGreaterThan(23);
    }

    @Test
    void everyIncidentHasATestOrSaysThatItHasNone() throws IOException {
        List<String> rows = ROW.matcher(Files.readString(DOCUMENT))
                .results()
                .map(MatchResult::group)
                .toList();

        assertThat(rows).hasSize(23).allMatch(row -> LINK.matcher(row).find() || row.contains("**Not "));
    }
}
