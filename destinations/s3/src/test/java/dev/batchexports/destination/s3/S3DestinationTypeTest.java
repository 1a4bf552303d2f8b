package dev.batchexports.destination.s3;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.core.destination.Destination;
import dev.batchexports.core.destination.DestinationLimits;
import dev.batchexports.core.destination.DestinationType;
import dev.batchexports.core.source.Compression;
import dev.batchexports.core.source.Encoding;
import dev.batchexports.core.source.FileFormat;
import java.util.Map;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;

class S3DestinationTypeTest {
    @Test
    void isFoundByTheServiceLoader() {
        assertThat(ServiceLoader.load(DestinationType.class).stream().map(ServiceLoader.Provider::type))
                .containsExactly(S3DestinationType.class);
    }

    @Test
    void hasTheNamesOfTheApi() {
        assertThat(new S3DestinationType().name()).isEqualTo("S3");
        assertThat(new S3DestinationType().workflowType()).isEqualTo("s3-export");
    }

    /// `192.0.2.1` belongs to nobody: whoever talks to it waits.
    @Test
    void opensWithoutTalkingToAnything() {
        S3Configuration configuration = S3Store.configuration(Map.of(
                "bucket_name", "exports",
                "endpoint_url", "http://192.0.2.1",
                "role_arn", "arn:aws:iam::123456789012:role/exports",
                "file_format", "Parquet",
                "max_file_size_mb", 100));
        try (Destination destination = new S3DestinationType().open(configuration, DestinationLimits.standard())) {
            assertThat(destination.encoding()).isEqualTo(new Encoding(FileFormat.PARQUET, Compression.ZSTD));
            assertThat(destination.maxFileBytes()).hasValue(100L << 20);
        }
    }
}
