package dev.batchexports.core.source;

import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/// Which bytes the source is to produce for a slice.
public record Encoding(FileFormat format, Compression compression) {
    private static final Map<FileFormat, Set<Compression>> SUPPORTED = Map.of(
            FileFormat.JSON_LINES,
            EnumSet.of(Compression.NONE, Compression.GZIP, Compression.ZSTD, Compression.BROTLI),
            FileFormat.PARQUET,
            EnumSet.of(Compression.NONE, Compression.ZSTD, Compression.SNAPPY, Compression.LZ4, Compression.GZIP),
            FileFormat.TAB_SEPARATED,
            EnumSet.of(Compression.NONE));

    public Encoding {
        if (!supports(format, compression)) {
            throw new IllegalArgumentException(format.word() + " cannot be compressed with " + compression.word());
        }
    }

    public static boolean supports(FileFormat format, Compression compression) {
        return compressionsOf(format).contains(compression);
    }

    public static Set<Compression> compressionsOf(FileFormat format) {
        return SUPPORTED.getOrDefault(format, Set.of());
    }

    /// `jsonl`, `jsonl.gz`, `parquet`: Parquet compresses inside the file and keeps its plain name.
    public String fileExtension() {
        return format == FileFormat.PARQUET || compression == Compression.NONE
                ? format.extension()
                : format.extension() + "." + compression.extension();
    }
}
