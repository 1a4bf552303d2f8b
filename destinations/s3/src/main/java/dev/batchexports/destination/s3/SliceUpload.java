package dev.batchexports.destination.s3;

import dev.batchexports.core.destination.SliceReceipt;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/// What a receipt says of a slice's finished, but not completed, upload.
///
/// @param token unique to this attempt to write the slice; also in the object's metadata, which tells for
///     sure whether an object is what this upload became
/// @param parts how many
/// @param partBytes size of each but the last
/// @param partsDigest over the numbers and ETags of all parts
record SliceUpload(
        S3Bucket.Upload upload,
        String token,
        int parts,
        int partBytes,
        String partsDigest,
        int number,
        long rows,
        long bytes,
        String checksum) {

    private static final String KEY = "key";
    private static final String UPLOAD_ID = "upload_id";
    private static final String TOKEN = "token";
    private static final String PARTS = "parts";
    private static final String PART_BYTES = "part_bytes";
    private static final String PARTS_DIGEST = "parts_digest";

    /// The metadata name under which an object holds its token.
    static final String TOKEN_METADATA = "batch-exports-token";

    /// @return empty for a slice without rows, which has no file
    static Optional<SliceUpload> of(SliceReceipt receipt) {
        Map<String, String> state = receipt.state();
        if (state.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new SliceUpload(
                new S3Bucket.Upload(value(state, KEY), value(state, UPLOAD_ID)),
                value(state, TOKEN),
                Integer.parseInt(value(state, PARTS)),
                Integer.parseInt(value(state, PART_BYTES)),
                value(state, PARTS_DIGEST),
                receipt.number(),
                receipt.rows(),
                receipt.bytes(),
                receipt.checksum()));
    }

    SliceReceipt receipt() {
        return new SliceReceipt(
                number,
                rows,
                bytes,
                checksum,
                Map.of(
                        KEY, upload.key(),
                        UPLOAD_ID, upload.id(),
                        TOKEN, token,
                        PARTS, Integer.toString(parts),
                        PART_BYTES, Integer.toString(partBytes),
                        PARTS_DIGEST, partsDigest));
    }

    /// Whether the parts that the store holds are those that were uploaded.
    boolean consistsOf(List<S3Bucket.Part> found) {
        if (found.size() != parts) {
            return false;
        }
        for (int index = 0; index < parts; index++) {
            S3Bucket.Part part = found.get(index);
            long expected = index < parts - 1 ? partBytes : bytes - (long) partBytes * (parts - 1);
            if (part.number() != index + 1 || part.bytes() != expected) {
                return false;
            }
        }
        return digest(found).equals(partsDigest);
    }

    /// Whether an object is what this upload became.
    boolean became(S3Bucket.Found object) {
        return object.bytes() == bytes && token.equals(object.metadata().get(TOKEN_METADATA));
    }

    static String digest(List<S3Bucket.Part> parts) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (S3Bucket.Part part : parts) {
                String line = part.number() + " " + part.etag().replace("\"", "") + "\n";
                digest.update(line.getBytes(StandardCharsets.UTF_8));
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private static String value(Map<String, String> state, String name) {
        return Objects.requireNonNull(state.get(name), () -> "a receipt lacks " + name);
    }
}
