package dev.batchexports.destination.postgres;

import dev.batchexports.core.destination.SliceReceipt;
import java.util.Map;
import java.util.Optional;

/// What a receipt says of a slice.
///
/// @param place where its rows are; empty for a slice without rows
record StagedSlice(int number, Optional<Place> place, long rows, long bytes, String checksum) {
    private static final String TABLE = "table";
    private static final String COMMIT = "commit";

    /// @param table the name of its staging table
    /// @param commit the number of the run, as the staged rows carry it
    record Place(String table, long commit) {}

    /// The staging table of a slice that has rows.
    String table() {
        return place.orElseThrow().table();
    }

    SliceReceipt receipt() {
        return new SliceReceipt(
                number,
                rows,
                bytes,
                checksum,
                place.map(found -> Map.of(TABLE, found.table(), COMMIT, Long.toString(found.commit())))
                        .orElse(Map.of()));
    }

    static StagedSlice of(SliceReceipt receipt) {
        Optional<Place> place = Optional.ofNullable(receipt.state().get(TABLE))
                .map(table -> new Place(table, Long.parseLong(receipt.state().getOrDefault(COMMIT, "0"))));
        return new StagedSlice(receipt.number(), place, receipt.rows(), receipt.bytes(), receipt.checksum());
    }
}
