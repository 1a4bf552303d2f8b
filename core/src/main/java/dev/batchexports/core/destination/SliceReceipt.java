package dev.batchexports.core.destination;

import java.util.Map;

/// What `write` hands to `commit`. It is stored between the two and must stay small.
///
/// @param rows counted in the encoded bytes
/// @param bytes encoded
/// @param checksum of the encoded bytes, with the algorithm in front: `crc32c:...`
/// @param state what the destination itself needs to commit this slice (an upload id, a staged path)
public record SliceReceipt(int number, long rows, long bytes, String checksum, Map<String, String> state) {
    public SliceReceipt {
        state = Map.copyOf(state);
    }
}
