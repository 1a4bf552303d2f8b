package dev.batchexports.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.TypeConversionException;

/// What people read, and the times that they write.
class WordsTest {
    private static final Instant NOW = Instant.parse("2026-11-23T18:30:00Z");

    private final Words utc = new Words(NOW, ZoneId.of("UTC"));
    private final Words berlin = new Words(NOW, ZoneId.of("Europe/Berlin"));

    @Test
    void timesNameTheirZone() {
        assertThat(utc.time(NOW)).isEqualTo("2026-11-23 18:30 UTC");
        assertThat(berlin.time(NOW.plusSeconds(7))).isEqualTo("2026-11-23 19:30:07 UTC+01:00");
        assertThat(utc.interval(Instant.parse("2026-11-23T17:00:00Z"), Instant.parse("2026-11-23T18:00:00Z")))
                .isEqualTo("2026-11-23 17:00 to 18:00 UTC");
        assertThat(berlin.interval(Instant.parse("2026-11-22T23:00:00Z"), Instant.parse("2026-11-23T23:00:00Z")))
                .isEqualTo("2026-11-23 00:00 to 2026-11-24 00:00 UTC+01:00");
    }

    @Test
    void agesAreShort() {
        assertThat(utc.age(NOW.minusSeconds(59))).isEqualTo("59 s ago");
        assertThat(utc.age(NOW.minus(Duration.ofMinutes(59)))).isEqualTo("59 min ago");
        assertThat(utc.age(NOW.minus(Duration.ofHours(47)))).isEqualTo("47 h ago");
        assertThat(utc.age(NOW.plus(Duration.ofDays(3)))).isEqualTo("in 3 d");
    }

    @Test
    void sizesNeverShowAThousandOfAUnit() {
        assertThat(Words.bytes(999)).isEqualTo("999 B");
        assertThat(Words.bytes(87_800_000)).isEqualTo("87.8 MB");
        assertThat(Words.bytes(999_999)).isEqualTo("1.0 MB");
    }

    @Test
    void tablesAreAligned() {
        StringWriter text = new StringWriter();
        new Table("NAME", "ROWS>").row("a", "1,000").row("longer", "1").print(new PrintWriter(text));

        assertThat(text.toString().lines()).containsExactly("NAME     ROWS", "a       1,000", "longer      1");
    }

    @Test
    void theNearestWordIsOneThatIsMeant() {
        List<String> known = List.of("export", "run", "backfill", "doctor");

        assertThat(Nearest.to("exprot", known)).contains("export");
        assertThat(Nearest.to("backfil", known)).contains("backfill");
        assertThat(Nearest.to("rnu", known)).contains("run");
        assertThat(Nearest.to("zzz", known)).isEmpty();
    }

    @Test
    void momentsAreTimesDatesOrAges() {
        Moment.Converter converter = new Moment.Converter();

        assertThat(converter.convert("2026-11-01").time()).isEqualTo("2026-11-01T00:00:00Z");
        assertThat(converter.convert("2026-11-01T01:00:00+01:00").time()).isEqualTo("2026-11-01T00:00:00Z");
        assertThat(converter.convert("2d").time())
                .isBetween(Instant.now().minusSeconds(172_860), Instant.now().minusSeconds(172_740));
        assertThatThrownBy(() -> converter.convert("yesterday"))
                .isInstanceOf(TypeConversionException.class)
                .hasMessageContaining("\"yesterday\" is not a time");
    }
}
