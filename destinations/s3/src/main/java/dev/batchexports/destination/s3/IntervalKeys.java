package dev.batchexports.destination.s3;

import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.source.Encoding;
import dev.batchexports.core.source.FileFormat;
import java.util.Arrays;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// The object keys of one interval: `<prefix>/<start>-<end>[-<n>].<extension>` for its files,
/// `<prefix>/<start>-<end>_manifest.json` for its manifest.
///
/// They follow from the interval and the slice number alone, so that whoever writes a slice again
/// replaces it and never adds to it.
final class IntervalKeys {
    private static final Pattern FILE_SUFFIX = Pattern.compile("(-\\d+)?\\.("
            + Arrays.stream(FileFormat.values())
                    .flatMap(format -> Encoding.compressionsOf(format).stream()
                            .map(compression -> new Encoding(format, compression).fileExtension()))
                    .distinct()
                    .map(Pattern::quote)
                    .collect(Collectors.joining("|"))
            + ")");

    private final String stem;
    private final String extension;
    private final int sliceCount;

    IntervalKeys(PrefixTemplate prefix, Interval interval, String table, Encoding encoding, int sliceCount) {
        this.stem = prefix.render(interval, table) + interval;
        this.extension = encoding.fileExtension();
        this.sliceCount = sliceCount;
    }

    /// What every key of the interval begins with. Other keys may begin with it too: see [#isFile].
    String stem() {
        return stem;
    }

    /// The key of a slice's file; numbered only when there are several.
    String file(int slice) {
        return sliceCount > 1 ? stem + "-" + slice + "." + extension : stem + "." + extension;
    }

    String manifest() {
        return stem + "_manifest.json";
    }

    /// Whether a key is that of a file of this interval, whatever its number, format or compression: what
    /// an earlier run of the interval may have written with other settings.
    boolean isFile(String key) {
        return key.startsWith(stem)
                && FILE_SUFFIX.matcher(key.substring(stem.length())).matches();
    }

    /// How many files the plan has.
    int sliceCount() {
        return sliceCount;
    }
}
