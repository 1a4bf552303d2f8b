package dev.batchexports.destination.s3;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.source.Compression;
import dev.batchexports.core.source.Encoding;
import dev.batchexports.core.source.FileFormat;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IntervalKeysTest {
    private static final Encoding PLAIN = new Encoding(FileFormat.JSON_LINES, Compression.NONE);
    private static final Interval HOUR = interval("2026-03-04T05:00:00Z", "2026-03-04T06:00:00Z");
    private static final String STEM = "2026-03-04T05:00:00Z-2026-03-04T06:00:00Z";

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ''                                            | ''
            exports                                       | exports/
            /exports/                                     | exports/
            //a///b//                                     | a/b/
            {table}                                       | events/
            {table}/{year}/{month}/{day}                  | events/2026/03/04/
            y={year}/h={hour}-{minute}-{second}           | y=2026/h=05-00-00/
            {data_interval_start}/{data_interval_end}     | 2026-03-04T05:00:00Z/2026-03-04T06:00:00Z/
            caffè/{table}{table}                          | caffè/eventsevents/
            """)
    void putsFilesBelowThePrefix(String prefix, String folder) {
        assertThat(keys(prefix, PLAIN, 1).file(0)).isEqualTo(folder + STEM + ".jsonl");
        assertThat(keys(prefix, PLAIN, 1).manifest()).isEqualTo(folder + STEM + "_manifest.json");
    }

    @Test
    void takesVariablesFromTheStartInUtc() {
        IntervalKeys keys = new IntervalKeys(
                new PrefixTemplate("{year}/{month}/{day}/{hour}"),
                interval("2025-12-31T23:00:00Z", "2026-01-01T00:00:00Z"),
                "events",
                PLAIN,
                1);
        assertThat(keys.file(0)).startsWith("2025/12/31/23/");
    }

    @Test
    void numbersFilesOnlyWhenThereAreSeveral() {
        assertThat(keys("", PLAIN, 1).file(0)).isEqualTo(STEM + ".jsonl");
        assertThat(keys("", PLAIN, 12).file(0)).isEqualTo(STEM + "-0.jsonl");
        assertThat(keys("", PLAIN, 12).file(11)).isEqualTo(STEM + "-11.jsonl");
    }

    @ParameterizedTest
    @CsvSource({
        "JSON_LINES, GZIP, .jsonl.gz",
        "JSON_LINES, ZSTD, .jsonl.zst",
        "JSON_LINES, BROTLI, .jsonl.br",
        "PARQUET, ZSTD, .parquet",
        "PARQUET, NONE, .parquet"
    })
    void namesTheFormatInTheExtension(FileFormat format, Compression compression, String extension) {
        assertThat(keys("", new Encoding(format, compression), 1).file(0)).isEqualTo(STEM + extension);
    }

    @Test
    void writesFractionsOfASecondOnlyWhereThereAreSome() {
        Interval cutShort = interval("2026-03-04T05:00:00Z", "2026-03-04T05:30:00.25Z");
        assertThat(new IntervalKeys(new PrefixTemplate(""), cutShort, "t", PLAIN, 1).file(0))
                .isEqualTo("2026-03-04T05:00:00Z-2026-03-04T05:30:00.250Z.jsonl");
    }

    @ParameterizedTest
    @ValueSource(strings = {".jsonl", ".jsonl.gz", ".jsonl.zst", ".parquet", "-0.jsonl", "-17.parquet", ".tsv"})
    void knowsTheFilesOfItsIntervalWhateverWroteThem(String suffix) {
        assertThat(keys("a", PLAIN, 3).isFile("a/" + STEM + suffix)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a/2026-03-04T05:00:00Z-2026-03-04T06:00:00Z_manifest.json",
                "a/2026-03-04T05:00:00Z-2026-03-04T06:00:00Z.csv",
                "a/2026-03-04T05:00:00Z-2026-03-04T06:00:00Z-x.jsonl",
                "a/2026-03-04T05:00:00Z-2026-03-04T06:00:00Z-1-2.jsonl",
                "a/2026-03-04T05:00:00Z-2026-03-04T06:00:00Z/other.jsonl",
                "a/2026-03-04T05:00:00Z-2026-03-04T06:00:00Z.jsonl.bak",
                "a/2026-03-04T06:00:00Z-2026-03-04T07:00:00Z.jsonl",
                "b/2026-03-04T05:00:00Z-2026-03-04T06:00:00Z.jsonl"
            })
    void leavesEverythingElseAlone(String key) {
        assertThat(keys("a", PLAIN, 3).isFile(key)).isFalse();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ''                      | ''
            a/b                     | a/b/
            a/{table}/b             | a/
            {table}                 | ''
            a/x{year}/b             | a/
            """)
    void knowsThePartOfThePrefixThatNeverChanges(String prefix, String folder) {
        assertThat(new PrefixTemplate(prefix).constantFolder()).isEqualTo(folder);
    }

    private static IntervalKeys keys(String prefix, Encoding encoding, int slices) {
        return new IntervalKeys(new PrefixTemplate(prefix), HOUR, "events", encoding, slices);
    }

    private static Interval interval(String start, String end) {
        return new Interval(Instant.parse(start), Instant.parse(end));
    }
}
