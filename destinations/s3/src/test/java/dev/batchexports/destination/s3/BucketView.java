package dev.batchexports.destination.s3;

import java.util.List;
import java.util.Optional;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.MultipartUpload;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.S3Object;

/// Looks into a bucket, and tidies it up.
record BucketView(S3Client client, String bucket) {
    List<String> keys(String prefix) {
        return client.listObjectsV2Paginator(request -> request.bucket(bucket).prefix(prefix)).contents().stream()
                .map(S3Object::key)
                .sorted()
                .toList();
    }

    List<MultipartUpload> uploads(String prefix) {
        return client.listMultipartUploads(request -> request.bucket(bucket).prefix(prefix))
                .uploads();
    }

    void abort(MultipartUpload upload) {
        client.abortMultipartUpload(
                request -> request.bucket(bucket).key(upload.key()).uploadId(upload.uploadId()));
    }

    Optional<byte[]> read(String key) {
        try {
            return Optional.of(
                    client.getObjectAsBytes(request -> request.bucket(bucket).key(key))
                            .asByteArray());
        } catch (NoSuchKeyException e) {
            return Optional.empty();
        }
    }

    void delete(String key) {
        client.deleteObject(request -> request.bucket(bucket).key(key));
    }
}
