package dev.batchexports.source.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.core.model.Model;
import dev.batchexports.core.model.Relation;
import dev.batchexports.core.source.Plan;
import dev.batchexports.core.source.SliceLimits;
import dev.batchexports.core.source.SourceColumn;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.jspecify.annotations.Nullable;

/// Names of any form mean what they say and nothing else.
class IdentifierPropertyTest {
    private static @Nullable TestDatabase shared;

    @BeforeContainer
    static void create() {
        shared = TestDatabase.create();
    }

    @AfterContainer
    static void close() {
        database().close();
    }

    private static TestDatabase database() {
        return Objects.requireNonNull(shared);
    }

    /// The test writes names in its own way: as bytes in hexadecimal, which no quoting can get wrong.
    private static String literal(String name) {
        StringBuilder literal = new StringBuilder();
        for (byte value : name.getBytes(StandardCharsets.UTF_8)) {
            literal.append(String.format("\\x%02X", value));
        }
        return "`" + literal + "`";
    }

    @Property(tries = 150, shrinking = ShrinkingMode.OFF)
    void columnsOfAnyNameAreRead(@ForAll("names") String source, @ForAll("names") String name) {
        database()
                .run("CREATE OR REPLACE TABLE names ENGINE = MergeTree ORDER BY tuple() AS SELECT 7 AS "
                        + literal(source) + ", toDateTime('2026-11-01 10:30:00', 'UTC') AS " + literal(source + "!"));
        Model model = new Model(
                "names",
                new Relation.Table("names"),
                source + "!",
                List.of(new Model.Column(name, source)),
                List.of(name),
                null);

        Plan plan = database()
                .source()
                .plan(
                        TestDatabase.selection(model),
                        TestDatabase.PARQUET,
                        new SliceLimits(1, OptionalLong.of(1), 5),
                        TestDatabase.tag());

        assertThat(plan.columns()).containsExactly(new SourceColumn(name, "UInt8"));
        TestDatabase.Content json = database().export(TestDatabase.selection(model), TestDatabase.JSON_LINES);
        assertThat(json.rows()).isEqualTo(1);
        assertThat(json.text()).endsWith(":7}\n");
        assertThat(database()
                        .export(TestDatabase.selection(model), TestDatabase.TAB_SEPARATED)
                        .text())
                .isEqualTo("7\n");
    }

    @Property(tries = 60, shrinking = ShrinkingMode.OFF)
    void jsonHoldsTheNameOfAColumn(@ForAll("names") String name) {
        database()
                .run("CREATE OR REPLACE TABLE names ENGINE = MergeTree ORDER BY tuple() AS SELECT 7 AS a,"
                        + " toDateTime('2026-11-01 10:30:00', 'UTC') AS inserted_at");
        Model model = new Model(
                "names",
                new Relation.Table("names"),
                "inserted_at",
                List.of(new Model.Column(name, "a")),
                List.of(),
                null);

        String line = database()
                .export(TestDatabase.selection(model), TestDatabase.JSON_LINES)
                .text();

        // ClickHouse's JSON reader tells the name back.
        assertThat(database().run("SELECT JSONExtractKeys(unhex('" + hex(line) + "'))[1] FORMAT RawBLOB"))
                .isEqualTo(name);
    }

    @Property(tries = 60, shrinking = ShrinkingMode.OFF)
    void tablesOfAnyNameAreRead(@ForAll("names") String name) {
        String table = name.replace("/", "_");
        database()
                .run("CREATE TABLE " + literal(table) + " (inserted_at DateTime) ENGINE = Memory AS"
                        + " SELECT toDateTime('2026-11-01 10:30:00', 'UTC')");
        try {
            Model model = TestDatabase.model(database().settings().database() + "." + table);

            assertThat(database().source().count(TestDatabase.selection(model), TestDatabase.tag()))
                    .isEqualTo(1);
        } finally {
            database().run("DROP TABLE " + literal(table));
        }
    }

    private static String hex(String text) {
        return HexFormat.of().formatHex(text.getBytes(StandardCharsets.UTF_8));
    }

    @Provide
    Arbitrary<String> names() {
        Arbitrary<String> nasty = Arbitraries.of(
                "`",
                "``",
                "\\",
                "\\`",
                "`; DROP TABLE names; --",
                "a.b",
                "$",
                "${0:Raw}",
                "$$",
                "{",
                "}",
                "{x:Int8}",
                "'",
                "\"",
                "\n",
                "\r\n",
                "\t",
                "\u0001",
                "é",
                "日本",
                "😀",
                "/*",
                "*/",
                "--",
                "#",
                "?",
                " ",
                "inserted_at",
                "SELECT",
                "team",
                "%",
                "%00",
                "&",
                "+",
                "count()",
                "\\x00",
                "\\N");
        return Arbitraries.oneOf(
                        nasty.list().ofMinSize(1).ofMaxSize(4).map(parts -> String.join("", parts)),
                        Arbitraries.strings()
                                .withCharRange(' ', '~')
                                .ofMinLength(1)
                                .ofMaxLength(12),
                        Arbitraries.strings()
                                .withCharRange('\u00a0', '\u2fff')
                                .ofMinLength(1)
                                .ofMaxLength(12))
                .filter(name -> !name.isBlank() && !name.equals("team_id") && !name.equals("event"));
    }
}
