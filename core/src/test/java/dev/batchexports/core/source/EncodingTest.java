package dev.batchexports.core.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class EncodingTest {
    @Test
    void textCarriesItsCompressionInTheNameAndParquetDoesNot() {
        assertThat(new Encoding(FileFormat.JSON_LINES, Compression.NONE).fileExtension())
                .isEqualTo("jsonl");
        assertThat(new Encoding(FileFormat.JSON_LINES, Compression.GZIP).fileExtension())
                .isEqualTo("jsonl.gz");
        assertThat(new Encoding(FileFormat.JSON_LINES, Compression.ZSTD).fileExtension())
                .isEqualTo("jsonl.zst");
        assertThat(new Encoding(FileFormat.PARQUET, Compression.ZSTD).fileExtension())
                .isEqualTo("parquet");
    }

    @Test
    void refusesACompressionThatTheFormatDoesNotKnow() {
        assertThatThrownBy(() -> new Encoding(FileFormat.PARQUET, Compression.BROTLI))
                .hasMessage("Parquet cannot be compressed with brotli");
    }
}
