package dev.batchexports.benchmarks;

import dev.batchexports.embedded.Connections;
import java.net.URI;
import java.util.List;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Object;

/// The bucket.
final class Store implements AutoCloseable {
    private final S3Client client;
    private final String bucket;

    Store(Connections connections) {
        this.bucket = connections.s3Bucket();
        this.client = S3Client.builder()
                .endpointOverride(URI.create(connections.s3Endpoint()))
                .region(Region.of(connections.s3Region()))
                .forcePathStyle(true)
                .credentialsProvider(StaticCredentialsProvider.create(
                        AwsBasicCredentials.create(connections.s3AccessKeyId(), connections.s3SecretAccessKey())))
                .build();
    }

    /// Objects below a prefix that hold rows.
    ///
    /// @param suffix of their keys
    List<S3Object> files(String prefix, String suffix) {
        return list(prefix).stream()
                .filter(object -> object.key().endsWith(suffix))
                .toList();
    }

    private List<S3Object> list(String prefix) {
        return client.listObjectsV2Paginator(request -> request.bucket(bucket).prefix(prefix)).contents().stream()
                .toList();
    }

    void clear(String prefix) {
        list(prefix)
                .forEach(object ->
                        client.deleteObject(request -> request.bucket(bucket).key(object.key())));
    }

    @Override
    public void close() {
        client.close();
    }
}
