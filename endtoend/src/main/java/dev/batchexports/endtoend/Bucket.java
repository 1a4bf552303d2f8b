package dev.batchexports.endtoend;

import dev.batchexports.embedded.Connections;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Object;

/// The bucket, read by somebody else: the objects are downloaded and DuckDB reads them.
final class Bucket implements AutoCloseable {
    private final S3Client s3;
    private final String name;

    Bucket(Connections connections) {
        this.name = connections.s3Bucket();
        this.s3 = S3Client.builder()
                .endpointOverride(URI.create(connections.s3Endpoint()))
                .region(Region.of(connections.s3Region()))
                .forcePathStyle(true)
                .credentialsProvider(StaticCredentialsProvider.create(
                        AwsBasicCredentials.create(connections.s3AccessKeyId(), connections.s3SecretAccessKey())))
                .build();
    }

    List<String> keys(String prefix) {
        return s3.listObjectsV2Paginator(request -> request.bucket(name).prefix(prefix)).contents().stream()
                .map(S3Object::key)
                .sorted()
                .toList();
    }

    /// Uploads that were begun and neither completed nor aborted.
    List<String> unfinishedUploads(String prefix) {
        return s3.listMultipartUploads(request -> request.bucket(name).prefix(prefix)).uploads().stream()
                .map(upload -> upload.key())
                .toList();
    }

    String text(String key) {
        return s3.getObjectAsBytes(request -> request.bucket(name).key(key)).asUtf8String();
    }

    /// The uuid of every row of every data file below a prefix, repeated as often as the row is there.
    List<UUID> uuids(String prefix) {
        List<UUID> uuids = new ArrayList<>();
        for (String key : keys(prefix)) {
            if (!key.endsWith("_manifest.json")) {
                uuids.addAll(uuidsOf(key));
            }
        }
        return uuids;
    }

    private List<UUID> uuidsOf(String key) {
        return read(key, "uuid::varchar").stream().map(UUID::fromString).toList();
    }

    /// Every row of a data file, as [Table#rows] has it.
    List<String> rowsOf(String key) {
        return read(
                key,
                "concat_ws(chr(9), uuid::varchar, event, distinct_id, person_id::varchar,"
                        + " json_extract_string(properties::json, '$.n'), json_extract_string(properties::json, '$.text'))");
    }

    /// What an expression in DuckDB's SQL gives for each row of a data file.
    private List<String> read(String key, String expression) {
        String extension = key.substring(key.lastIndexOf('Z') + 1).replaceFirst("^-\\d+", "");
        try {
            Path file = Files.createTempFile("bucket", extension);
            try {
                Files.write(
                        file,
                        s3.getObjectAsBytes(request -> request.bucket(name).key(key))
                                .asByteArray());
                String reader = extension.contains("parquet")
                        ? "read_parquet('" + file + "')"
                        : "read_json('" + file + "', format='newline_delimited', columns={uuid: 'VARCHAR',"
                                + " event: 'VARCHAR', distinct_id: 'VARCHAR', person_id: 'VARCHAR', properties: 'JSON'})";
                List<String> values = new ArrayList<>();
                try (Connection duckdb = DriverManager.getConnection("jdbc:duckdb:");
                        Statement statement = duckdb.createStatement();
                        ResultSet rows = statement.executeQuery("select " + expression + " from " + reader)) {
                    while (rows.next()) {
                        values.add(rows.getString(1));
                    }
                }
                return values;
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (SQLException e) {
            throw new IllegalStateException("DuckDB cannot read " + key, e);
        }
    }

    @Override
    public void close() {
        s3.close();
    }
}
