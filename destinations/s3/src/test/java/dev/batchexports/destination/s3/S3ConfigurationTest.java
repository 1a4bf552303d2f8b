package dev.batchexports.destination.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.batchexports.core.destination.InvalidConfigurationException;
import dev.batchexports.core.destination.InvalidConfigurationException.Violation;
import dev.batchexports.core.destination.Parameter;
import dev.batchexports.core.secret.Secret;
import dev.batchexports.core.source.Compression;
import dev.batchexports.core.source.Encoding;
import dev.batchexports.core.source.FileFormat;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class S3ConfigurationTest {
    private static final Map<String, Object> SMALLEST = Map.of("bucket_name", "exports");

    @Test
    void needsOnlyABucket() {
        S3Configuration configuration = S3Store.configuration(SMALLEST);

        assertThat(configuration.region()).isEqualTo("us-east-1");
        assertThat(configuration.prefix()).isNull();
        assertThat(configuration.endpoint()).isNull();
        assertThat(configuration.isVirtualStyle()).isTrue();
        assertThat(configuration.awsAccessKeyId()).isNull();
        assertThat(configuration.roleArn()).isNull();
        assertThat(configuration.encryption()).isEqualTo("none");
        assertThat(configuration.encoding()).isEqualTo(new Encoding(FileFormat.JSON_LINES, Compression.NONE));
        assertThat(configuration.maxFileBytes()).isEqualTo(OptionalLong.empty());
    }

    @Test
    void keepsItsParameterNames() {
        assertThat(Arrays.stream(S3Configuration.class.getRecordComponents()).map(RecordComponent::getName))
                .containsExactly(
                        "bucketName",
                        "region",
                        "prefix",
                        "endpointUrl",
                        "useVirtualStyleAddressing",
                        "awsAccessKeyId",
                        "awsSecretAccessKey",
                        "awsSessionToken",
                        "roleArn",
                        "externalId",
                        "encryption",
                        "kmsKeyId",
                        "fileFormat",
                        "compression",
                        "maxFileSizeMb");
    }

    @Test
    void describesEveryParameter() {
        assertThat(S3Configuration.class.getRecordComponents()).allSatisfy(component -> {
            Parameter parameter = component.getAnnotation(Parameter.class);
            assertThat(parameter).as(component.getName()).isNotNull();
            assertThat(parameter.title()).isNotBlank();
            assertThat(parameter.description()).endsWith(".");
        });
    }

    @Test
    void readsEveryParameter() {
        S3Configuration configuration = S3Store.configuration(Map.ofEntries(
                Map.entry("bucket_name", "exports"),
                Map.entry("region", "eu-central-1"),
                Map.entry("prefix", "a/{table}"),
                Map.entry("endpoint_url", "https://s3.example.com:9000"),
                Map.entry("use_virtual_style_addressing", true),
                Map.entry("aws_access_key_id", "AKIA"),
                Map.entry("aws_secret_access_key", "secret-one"),
                Map.entry("aws_session_token", "secret-two"),
                Map.entry("role_arn", "arn:aws:iam::123456789012:role/exports"),
                Map.entry("external_id", "42-a"),
                Map.entry("encryption", "aws:kms"),
                Map.entry("kms_key_id", "key"),
                Map.entry("file_format", "Parquet"),
                Map.entry("compression", "snappy"),
                Map.entry("max_file_size_mb", 256)));

        assertThat(configuration.isVirtualStyle()).isTrue();
        assertThat(configuration.awsSecretAccessKey()).isEqualTo(new Secret("secret-one"));
        assertThat(configuration.encoding()).isEqualTo(new Encoding(FileFormat.PARQUET, Compression.SNAPPY));
        assertThat(configuration.maxFileBytes()).hasValue(256L * 1024 * 1024);
        assertThat(configuration.toString()).doesNotContain("secret-one", "secret-two");
    }

    @Test
    void takesBlankForLeftOut() {
        Map<String, Object> blanks = new HashMap<>(SMALLEST);
        for (String name : List.of(
                "prefix",
                "aws_access_key_id",
                "aws_secret_access_key",
                "aws_session_token",
                "role_arn",
                "external_id",
                "encryption",
                "kms_key_id",
                "file_format",
                "compression")) {
            blanks.put(name, "");
        }
        assertThat(S3Store.configuration(blanks)).isEqualTo(S3Store.configuration(SMALLEST));
    }

    @ParameterizedTest
    @ValueSource(strings = {"region", "endpoint_url"})
    void refusesABlankThatWouldSilentlyMeanAnotherStore(String name) {
        assertThat(violations(S3Store.with(SMALLEST, name, " ")))
                .extracting(Violation::field)
                .containsExactly(name);
    }

    @Test
    void addressesTheBucketByPathAtACompatibleStore() {
        assertThat(with("endpoint_url", "http://127.0.0.1:9000").isVirtualStyle())
                .isFalse();
    }

    @Test
    void compressesParquetWithZstdUnlessToldOtherwise() {
        assertThat(with("file_format", "Parquet").encoding())
                .isEqualTo(new Encoding(FileFormat.PARQUET, Compression.ZSTD));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "null", textBlock = """
            bucket_name                  | null                    | is required
            bucket_name                  | ab                      | must have 3 to 63 characters, not 2
            bucket_name                  | Exports                 | may hold lower-case letters
            bucket_name                  | -exports                | must begin and end with a letter or digit
            bucket_name                  | my..exports             | must not hold two dots in a row
            bucket_name                  | 192.168.5.4             | must not look like an IP address
            region                       | US East                 | must be a region code
            prefix                       | a/{hours}/b             | {hours} is not a variable; known are {year}, {month}
            prefix                       | a/{year/b               | has a brace without its partner
            prefix                       | a/../b                  | must not contain . or ..
            endpoint_url                 | s3.example.com          | must be a http or https URL
            endpoint_url                 | ftp://s3.example.com    | must be a http or https URL
            endpoint_url                 | https://                | must be a http or https URL
            endpoint_url                 | https://me:pw@host      | must not hold a user or password
            endpoint_url                 | https://host/?x=1       | must not have a query
            aws_access_key_id            | AKIA 1                  | must not hold spaces
            role_arn                     | exports                 | must look like arn:aws:iam::
            external_id                  | 42                      | is only used together with role_arn
            encryption                   | SSE                     | must be none, AES256 or aws:kms
            kms_key_id                   | key                     | is only used with the encryption aws:kms
            file_format                  | CSV                     | must be JSONLines or Parquet
            compression                  | bzip2                   | must be none, gzip, zstd, brotli, snappy, lz4
            compression                  | snappy                  | JSONLines cannot be compressed with snappy
            max_file_size_mb             | 0                       | must be from 1
            """)
    void refusesWhatCannotWork(String field, String value, String message) {
        Map<String, Object> parameters = new HashMap<>(SMALLEST);
        parameters.put(field, value);
        assertThat(violations(parameters)).anySatisfy(violation -> {
            assertThat(violation.field()).isEqualTo(field);
            assertThat(violation.message()).contains(message);
        });
    }

    @Test
    void namesEverythingThatIsWrongAtOnce() {
        assertThat(violations(Map.of(
                        "bucket_name", "X",
                        "prefix", "{nope}",
                        "aws_access_key_id", "AKIA",
                        "kms_key_id", "key",
                        "file_format", "Parquet",
                        "compression", "brotli")))
                .extracting(Violation::field)
                .contains("bucket_name", "prefix", "aws_secret_access_key", "kms_key_id", "compression");
    }

    @Test
    void wantsKeyAndSecretTogether() {
        assertThat(violations(Map.of("bucket_name", "exports", "aws_secret_access_key", "canary-secret")))
                .containsExactly(new Violation("aws_access_key_id", "is required when aws_secret_access_key is given"));
        assertThat(violations(Map.of("bucket_name", "exports", "aws_session_token", "canary-token")))
                .containsExactly(new Violation(
                        "aws_session_token", "is only used together with aws_access_key_id and aws_secret_access_key"));
    }

    @Test
    void neverRepeatsASecretThatIsWrong() {
        assertThat(violations(Map.of(
                        "bucket_name", "exports",
                        "aws_access_key_id", "AKIA",
                        "aws_secret_access_key", "canary secret\n")))
                .containsExactly(new Violation("aws_secret_access_key", "must not hold spaces or line breaks"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"exports", "my.exports-1", "abc", "0exports"})
    void takesTheBucketNamesOfAws(String name) {
        assertThat(with("bucket_name", name).bucketName()).isEqualTo(name);
    }

    private static S3Configuration with(String name, Object value) {
        return S3Store.configuration(S3Store.with(SMALLEST, name, value));
    }

    private static List<Violation> violations(Map<String, Object> parameters) {
        Throwable thrown = catchThrowableOfType(RuntimeException.class, () -> S3Store.configuration(parameters));
        assertThat(thrown).isNotNull();
        assertThat(thrown.getCause()).isInstanceOf(InvalidConfigurationException.class);
        return ((InvalidConfigurationException) thrown.getCause()).violations();
    }
}
