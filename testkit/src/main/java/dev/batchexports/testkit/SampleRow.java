package dev.batchexports.testkit;

import dev.batchexports.core.source.SourceColumn;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;

/// A row of a test: an id that is unique within an interval, and a text that says which run it came from
/// and holds what formats like to damage.
public record SampleRow(long id, String text) {
    private static final String AWKWARD = " \"quoted\" \\ back\\slash \t tab \n line, comma; ünïcödé 漢字 😀 \\N end";
    private static final String LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

    /// The columns that a destination is told.
    public static List<SourceColumn> columns() {
        return List.of(new SourceColumn("id", "Int64"), new SourceColumn("text", "String"));
    }

    /// The rows of one slice; those of two slices of a run have different ids.
    ///
    /// @param run in every row's text, to tell the rows of two runs apart
    public static List<SampleRow> of(String run, int slice, int count) {
        return withPadding(run, slice, count, 0);
    }

    /// Rows with so much more text, which cannot be compressed much.
    public static List<SampleRow> withPadding(String run, int slice, int count, int characters) {
        Random random = new Random(slice);
        return LongStream.range(0, count)
                .map(row -> slice * 1_000_000L + row)
                .mapToObj(id -> new SampleRow(id, run + " row " + id + AWKWARD + padding(random, characters)))
                .toList();
    }

    private static String padding(Random random, int characters) {
        StringBuilder padding = new StringBuilder(characters);
        for (int index = 0; index < characters; index++) {
            padding.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
        }
        return padding.toString();
    }
}
