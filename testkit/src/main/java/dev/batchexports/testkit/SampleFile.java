package dev.batchexports.testkit;

import com.github.luben.zstd.ZstdOutputStream;
import dev.batchexports.core.source.Encoding;
import dev.batchexports.core.source.FileFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.zip.GZIPOutputStream;

/// Sample rows as the bytes that a source would have produced, and back. The way back is DuckDB's, which
/// knows nothing of this program.
public final class SampleFile {
    private final List<SampleRow> rows;
    private final byte[] bytes;

    private SampleFile(List<SampleRow> rows, byte[] bytes) {
        this.rows = List.copyOf(rows);
        this.bytes = bytes;
    }

    public static SampleFile encode(List<SampleRow> rows, Encoding encoding) {
        byte[] bytes = switch (encoding.format()) {
            case JSON_LINES -> compressed(jsonLines(rows), encoding);
            case TAB_SEPARATED -> compressed(tabSeparated(rows), encoding);
            case PARQUET -> parquet(rows, encoding);
        };
        return new SampleFile(rows, bytes);
    }

    /// A whole stream of these bytes; each call starts a new one.
    public GeneratedRows stream() {
        return GeneratedRows.whole(bytes, rows.size());
    }

    public List<SampleRow> rows() {
        return rows;
    }

    /// The length of the encoded bytes.
    public int length() {
        return bytes.length;
    }

    /// The encoded bytes; not to be changed.
    public byte[] bytes() {
        return bytes;
    }

    /// Reads the rows of a file that somebody wrote, with DuckDB.
    ///
    /// @param encoding JSONLines with none, gzip or zstd, or Parquet
    public static List<SampleRow> decode(byte[] bytes, Encoding encoding) {
        try {
            Path file = Files.createTempFile("sample", "." + encoding.fileExtension());
            try {
                Files.write(file, bytes);
                return read(file, encoding);
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (SQLException e) {
            throw new IllegalStateException("DuckDB cannot read the file: " + e.getMessage(), e);
        }
    }

    private static List<SampleRow> read(Path file, Encoding encoding) throws SQLException {
        String from = switch (encoding.format()) {
            case JSON_LINES ->
                "read_json('" + file + "', format = 'newline_delimited', compression = '"
                        + encoding.compression().word()
                        + "', columns = {id: 'BIGINT', text: 'VARCHAR'}, maximum_object_size = 100000000)";
            case PARQUET -> "read_parquet('" + file + "')";
            case TAB_SEPARATED -> throw new IllegalArgumentException("nobody writes files of TabSeparated");
        };
        try (Connection connection = duckDb();
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("SELECT id, text FROM " + from)) {
            List<SampleRow> rows = new ArrayList<>();
            while (result.next()) {
                rows.add(new SampleRow(result.getLong(1), result.getString(2)));
            }
            return rows;
        }
    }

    private static byte[] jsonLines(List<SampleRow> rows) {
        StringBuilder lines = new StringBuilder();
        for (SampleRow row : rows) {
            lines.append("{\"id\":")
                    .append(row.id())
                    .append(",\"text\":\"")
                    .append(row.text()
                            .replace("\\", "\\\\")
                            .replace("\"", "\\\"")
                            .replace("\t", "\\t")
                            .replace("\n", "\\n"))
                    .append("\"}\n");
        }
        return lines.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] tabSeparated(List<SampleRow> rows) {
        StringBuilder lines = new StringBuilder();
        for (SampleRow row : rows) {
            lines.append(row.id())
                    .append('\t')
                    .append(row.text()
                            .replace("\\", "\\\\")
                            .replace("\t", "\\t")
                            .replace("\n", "\\n"))
                    .append('\n');
        }
        return lines.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] compressed(byte[] plain, Encoding encoding) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream out = switch (encoding.compression()) {
            case NONE -> bytes;
            case GZIP -> new GZIPOutputStream(bytes);
            case ZSTD -> new ZstdOutputStream(bytes);
            case BROTLI, SNAPPY, LZ4 ->
                throw new IllegalArgumentException(
                        "no encoder for " + encoding.compression().word());
        }) {
            out.write(plain);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static byte[] parquet(List<SampleRow> rows, Encoding encoding) {
        if (encoding.format() != FileFormat.PARQUET) {
            throw new IllegalArgumentException("not Parquet");
        }
        try {
            Path file = Files.createTempFile("sample", ".parquet");
            try (Connection connection = duckDb();
                    Statement statement = connection.createStatement()) {
                statement.execute("CREATE TABLE sample (id BIGINT NOT NULL, text VARCHAR NOT NULL)");
                try (PreparedStatement insert = connection.prepareStatement("INSERT INTO sample VALUES (?, ?)")) {
                    for (SampleRow row : rows) {
                        insert.setLong(1, row.id());
                        insert.setString(2, row.text());
                        insert.addBatch();
                    }
                    insert.executeBatch();
                }
                String codec = encoding.compression().word().toUpperCase(Locale.ROOT);
                statement.execute("COPY sample TO '" + file + "' (FORMAT parquet, COMPRESSION "
                        + (codec.equals("NONE") ? "UNCOMPRESSED" : codec) + ")");
                return Files.readAllBytes(file);
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (SQLException e) {
            throw new IllegalStateException("DuckDB cannot write the file: " + e.getMessage(), e);
        }
    }

    private static Connection duckDb() throws SQLException {
        return DriverManager.getConnection("jdbc:duckdb:");
    }
}
