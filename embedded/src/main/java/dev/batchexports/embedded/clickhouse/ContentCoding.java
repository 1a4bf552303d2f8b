package dev.batchexports.embedded.clickhouse;

import com.github.luben.zstd.ZstdInputStream;
import com.github.luben.zstd.ZstdOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.InflaterInputStream;
import net.jpountz.lz4.LZ4FrameInputStream;
import net.jpountz.lz4.LZ4FrameOutputStream;

/// How HTTP bodies are compressed. The order is the one in which a server chooses from what a client accepts.
///
/// Results are compressed by the engine itself, in native code. Java compresses only the short answers and unpacks
/// requests.
enum ContentCoding {
    ZSTD("zstd"),
    BROTLI("br"),
    LZ4("lz4"),
    GZIP("gzip"),
    DEFLATE("deflate"),
    XZ("xz");

    private final String token;

    ContentCoding(String token) {
        this.token = token;
    }

    /// The name in HTTP headers, and the engine's name in `COMPRESSION '...'`.
    String token() {
        return token;
    }

    /// The one a server uses for this `Accept-Encoding`.
    static Optional<ContentCoding> chosen(String acceptEncoding) {
        String[] accepted = acceptEncoding.toLowerCase(Locale.ROOT).split(",", -1);
        return Arrays.stream(values())
                .filter(coding -> Arrays.stream(accepted).anyMatch(coding::isNamedBy))
                .findFirst();
    }

    private boolean isNamedBy(String item) {
        String[] parts = item.split(";", 2);
        boolean refused = parts.length == 2 && parts[1].strip().matches("q=0(\\.0*)?");
        return parts[0].strip().equals(token) && !refused;
    }

    /// Unpacks the body of a request.
    ///
    /// @param contentEncoding the header's value
    /// @throws ClickHouseError if it names a method that cannot be unpacked here
    static InputStream unpacked(InputStream body, String contentEncoding) throws IOException {
        return switch (contentEncoding.strip().toLowerCase(Locale.ROOT)) {
            case "", "identity" -> body;
            case "gzip" -> new GZIPInputStream(body, 1 << 16);
            case "deflate" -> new InflaterInputStream(body);
            case "zstd" -> new ZstdInputStream(body);
            case "lz4" -> new LZ4FrameInputStream(body);
            default ->
                throw new ClickHouseError(
                        48,
                        "Unknown compression method \"" + contentEncoding
                                + "\". Only 'gzip', 'deflate', 'zstd' and 'lz4' are supported for requests",
                        "NOT_IMPLEMENTED");
        };
    }

    /// Compresses in Java; empty where that is not possible.
    Optional<OutputStream> packing(OutputStream target) throws IOException {
        return switch (this) {
            case ZSTD -> Optional.of(new ZstdOutputStream(target));
            case GZIP -> Optional.of(new GZIPOutputStream(target, 1 << 16));
            case DEFLATE -> Optional.of(new DeflaterOutputStream(target));
            case LZ4 -> Optional.of(new LZ4FrameOutputStream(target));
            case BROTLI, XZ -> Optional.empty();
        };
    }

    /// Whether every reader takes several compressed documents in a row for one.
    boolean canBeContinued() {
        return switch (this) {
            case ZSTD, GZIP -> true;
            case BROTLI, LZ4, DEFLATE, XZ -> false;
        };
    }
}
