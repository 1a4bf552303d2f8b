package dev.batchexports.source.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.core.source.PropertyFilter;
import dev.batchexports.core.source.PropertyFilter.Operator;
import dev.batchexports.core.source.PropertyFilter.Target;
import dev.batchexports.core.source.PropertyFilter.Value;
import dev.batchexports.core.source.RowSelection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/// Keys and values of any form are compared to the letter and never read as SQL, as an expression or as escapes.
class FilterPropertyTest {
    private static @Nullable TestDatabase shared;

    @BeforeContainer
    static void create() {
        shared = TestDatabase.create();
        database()
                .run(
                        "CREATE TABLE t (id UInt8, event String, properties String, inserted_at DateTime) ENGINE = Memory");
    }

    @AfterContainer
    static void close() {
        database().close();
    }

    private static TestDatabase database() {
        return Objects.requireNonNull(shared);
    }

    private static long count(List<String> events, PropertyFilter... filters) {
        return database()
                .source()
                .count(
                        new RowSelection(
                                TestDatabase.model("t"), 1, TestDatabase.HOUR, events, List.of(), List.of(filters)),
                        TestDatabase.tag());
    }

    private static PropertyFilter filter(String key, Operator operator, String value) {
        return new PropertyFilter(Target.EVENT, key, operator, List.of(new Value.Text(value)));
    }

    @Property(tries = 60, shrinking = ShrinkingMode.OFF)
    void textsAreComparedToTheLetter(@ForAll("texts") String key, @ForAll("texts") String value) {
        String properties = JsonMapper.shared().writeValueAsString(Map.of(key, value, key + "-", "other"));
        database().run("TRUNCATE TABLE t");
        database()
                .run("INSERT INTO t SELECT 1, unhex('" + FilterTest.hex(value) + "'), unhex('"
                        + FilterTest.hex(properties) + "'), '2026-11-01 10:30:00'");

        assertThat(count(List.of(), filter(key, Operator.EXACT, value))).isEqualTo(1);
        assertThat(count(List.of(), filter(key, Operator.IS_NOT, value))).isZero();
        assertThat(count(List.of(), filter(key, Operator.EXACT, value + "x"))).isZero();
        assertThat(count(List.of(), filter(key + "?", Operator.IS_NOT, value))).isEqualTo(1);
        assertThat(count(List.of(), filter(key, Operator.ICONTAINS, value))).isEqualTo(1);
        assertThat(count(List.of(value))).isEqualTo(1);
        assertThat(count(List.of(value + "x"))).isZero();
    }

    @Provide
    Arbitrary<String> texts() {
        Arbitrary<String> nasty = Arbitraries.of(
                "'",
                "''",
                "\\",
                "\\'",
                "') OR 1 = 1 --",
                "]",
                "['",
                ",",
                "`",
                "\"",
                "{x:String}",
                "{",
                "}",
                "${x}",
                "\n",
                "\r\n",
                "\t",
                "\u0001",
                "%",
                "_",
                "é",
                "日本",
                "😀",
                "/*",
                "--",
                "; DROP TABLE t",
                "\\N",
                "\\x41",
                "\\u0041",
                "null",
                "NULL",
                "5",
                "0x10",
                "nan",
                "true",
                "a.b",
                "$browser",
                "&",
                "+",
                " ",
                "\r\n--",
                "\\0");
        return Arbitraries.oneOf(
                nasty.list().ofMinSize(1).ofMaxSize(4).map(parts -> String.join("", parts)),
                Arbitraries.strings().withCharRange(' ', '~').ofMinLength(1).ofMaxLength(12),
                Arbitraries.strings()
                        .withCharRange('\u00a0', '\u2fff')
                        .ofMinLength(1)
                        .ofMaxLength(12));
    }
}
