package dev.batchexports.destination.postgres;

import dev.batchexports.core.destination.WriteMode;
import java.util.List;
import java.util.stream.Collectors;

/// The INSERT that merges staged rows into the target. `ON CONFLICT` rather than MERGE, which PostgreSQL has
/// from version 15 only, and which a row inserted meanwhile by another run makes fail.
///
/// Among the staged rows of a key the one of the greatest version is taken; of equal versions, or without a
/// version, the one that landed last, as far as slices tell. It takes the place of the row that is there
/// unless that one is of a greater version; a row without a version is the oldest. The rows go in by order
/// of the key, so that two merges wait for each other instead of running into a deadlock.
final class MergeStatement {
    private static final String EXISTING = "existing";

    /// Not the name of any exported column, which [TargetTable] sees to.
    private static final String SLICE = Staging.RESERVED + "slice";

    private final TargetTable target;
    private final WriteMode.Merge merge;
    private final Staging staging;

    MergeStatement(TargetTable target, WriteMode.Merge merge, Staging staging) {
        this.target = target;
        this.merge = merge;
        this.staging = staging;
    }

    String sql(List<StagedSlice> slices) {
        String names = Identifier.quote(target.allNames());
        String key = Identifier.quote(merge.primaryKey());
        String rows = slices.stream()
                .map(slice -> "SELECT " + slice.number() + " AS " + SLICE + ", ctid AS " + SLICE + "_place, " + names
                        + " FROM " + staging.qualified(slice.table()))
                .collect(Collectors.joining(" UNION ALL "));
        String version = merge.versionKey() == null ? "" : Identifier.quote(merge.versionKey()) + " DESC NULLS LAST, ";
        return "INSERT INTO " + target.qualified() + " AS " + EXISTING + " (" + names
                + ") SELECT DISTINCT ON (" + key + ") " + names + " FROM (" + rows + ") AS staged ORDER BY " + key
                + ", " + version + SLICE + " DESC, " + SLICE
                + "_place DESC ON CONFLICT (" + key + ") DO UPDATE SET " + assignments() + condition();
    }

    private String assignments() {
        return target.allNames().stream()
                .filter(name -> !merge.primaryKey().contains(name))
                .map(Identifier::quote)
                .map(name -> name + " = excluded." + name)
                .collect(Collectors.joining(", "));
    }

    private String condition() {
        if (merge.versionKey() == null) {
            return "";
        }
        String version = Identifier.quote(merge.versionKey());
        return " WHERE " + EXISTING + "." + version + " IS NULL OR excluded." + version + " >= " + EXISTING + "."
                + version;
    }
}
