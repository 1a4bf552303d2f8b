package dev.batchexports.destination.postgres;

import dev.batchexports.core.destination.SliceReceipt;
import java.util.Map;
import java.util.Optional;

/// What a receipt says of a slice.
///
/// @param table the name of its staging table; empty for a slice without rows
record StagedSlice(int number, Optional<String> table, long rows, long bytes, String checksum) {
    private static final String TABLE = "table";

    SliceReceipt receipt() {
        return new SliceReceipt(
                number,
                rows,
                bytes,
                checksum,
                table.map(name -> Map.of(TABLE, name)).orElse(Map.of()));
    }

    static StagedSlice of(SliceReceipt receipt) {
        return new StagedSlice(
                receipt.number(),
                Optional.ofNullable(receipt.state().get(TABLE)),
                receipt.rows(),
                receipt.bytes(),
                receipt.checksum());
    }
}
