package dev.batchexports.destination.s3;

import dev.batchexports.core.destination.InvalidConfigurationException;
import dev.batchexports.core.destination.Parameter;
import dev.batchexports.core.secret.Secret;
import dev.batchexports.core.source.Compression;
import dev.batchexports.core.source.Encoding;
import dev.batchexports.core.source.FileFormat;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Where an export to S3 goes, how it gets in, and what its files look like.
///
/// An optional parameter that is blank counts as left out, but not where that would change the store that is
/// written to: the endpoint URL and the region.
public record S3Configuration(
        @Parameter(title = "Bucket", description = "The bucket to write to. It must exist.", example = "my-exports")
        String bucketName,

        @Parameter(
                title = "Region",
                description =
                        "The region of the bucket. Compatible stores mostly accept any; Cloudflare R2 wants" + " auto.",
                example = "us-east-1",
                defaultValue = "us-east-1")
        String region,

        @Parameter(
                title = "Prefix",
                description = "What the keys begin with. May hold {table}, {year}, {month}, {day}, {hour},"
                        + " {minute} and {second} of the interval's start in UTC, {data_interval_start} and"
                        + " {data_interval_end}.",
                example = "exports/{table}/{year}/{month}/{day}")
        @Nullable
        String prefix,

        @Parameter(
                title = "Endpoint URL",
                description = "The address of a store that is compatible with S3. Left out for AWS.",
                example = "https://s3.example.com")
        @Nullable
        String endpointUrl,

        @Parameter(
                title = "Virtual-style addressing",
                description = "Whether the bucket stands in the host name rather than in the path. Left out: yes on"
                        + " AWS, no with an endpoint URL.")
        @Nullable
        Boolean useVirtualStyleAddressing,

        @Parameter(
                title = "Access key ID",
                description = "Left out together with the secret, the worker's own AWS credentials are used.",
                example = "AKIAIOSFODNN7EXAMPLE")
        @Nullable
        String awsAccessKeyId,

        @Parameter(title = "Secret access key", description = "The secret that belongs to the access key ID.") @Nullable
        Secret awsSecretAccessKey,

        @Parameter(
                title = "Session token",
                description = "Only for temporary credentials, which stop working when they expire.")
        @Nullable
        Secret awsSessionToken,

        @Parameter(
                title = "Role ARN",
                description = "A role to assume, with the keys above or else with the worker's own AWS credentials.",
                example = "arn:aws:iam::123456789012:role/batch-exports")
        @Nullable
        String roleArn,

        @Parameter(
                title = "External ID",
                description = "What the trust policy of the role demands as sts:ExternalId.",
                example = "batch-exports-42")
        @Nullable
        String externalId,

        @Parameter(
                title = "Encryption",
                description = "How the store encrypts the files at rest. With none it does as the bucket says.",
                allowed = {"none", "AES256", "aws:kms"},
                defaultValue = "none")
        String encryption,

        @Parameter(
                title = "KMS key ID",
                description = "The key for aws:kms; left out, the account's own key for S3.",
                example = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab")
        @Nullable
        String kmsKeyId,

        @Parameter(
                title = "File format",
                description = "JSONLines holds one JSON object a line, Parquet is columnar.",
                allowed = {"JSONLines", "Parquet"},
                defaultValue = "JSONLines")
        String fileFormat,

        @Parameter(
                title = "Compression",
                description = "JSONLines: none, gzip, zstd or brotli; left out, none. Parquet: none, zstd, snappy,"
                        + " lz4 or gzip; left out, zstd.",
                allowed = {"none", "gzip", "zstd", "brotli", "snappy", "lz4"})
        @Nullable
        String compression,

        @Parameter(
                title = "Maximum file size",
                description = "The size in MiB that a file should stay below; a bigger interval is split into"
                        + " several files. Left out, files are as big as the platform's slices.",
                example = "512")
        @Nullable
        Integer maxFileSizeMb) {

    static final String ENCRYPTION_NONE = "none";
    static final String ENCRYPTION_SSE_S3 = "AES256";
    static final String ENCRYPTION_SSE_KMS = "aws:kms";

    private static final List<String> ENCRYPTIONS = List.of(ENCRYPTION_NONE, ENCRYPTION_SSE_S3, ENCRYPTION_SSE_KMS);
    private static final List<FileFormat> FORMATS = List.of(FileFormat.JSON_LINES, FileFormat.PARQUET);
    private static final Pattern BUCKET_CHARACTERS = Pattern.compile("[a-z0-9][a-z0-9.-]*[a-z0-9]");
    private static final Pattern IP_ADDRESS = Pattern.compile("\\d+\\.\\d+\\.\\d+\\.\\d+");
    private static final Pattern REGION = Pattern.compile("[a-z0-9](-?[a-z0-9]+)*");
    private static final Pattern ROLE_ARN = Pattern.compile("arn:[a-z0-9-]+:iam::\\d{12}:role/[\\w+=,.@/-]+");
    private static final Pattern EXTERNAL_ID = Pattern.compile("[\\w+=,.@:/-]{2,1224}");
    private static final Pattern WHITE_SPACE = Pattern.compile("\\s");
    private static final int MAX_PREFIX_BYTES = 700;
    private static final int MAX_FILE_SIZE_MB = 5 << 20;

    public S3Configuration {
        bucketName = bucketName == null ? "" : bucketName;
        region = region == null ? "us-east-1" : region;
        prefix = absentIfBlank(prefix);
        awsAccessKeyId = absentIfBlank(awsAccessKeyId);
        awsSecretAccessKey = absentIfBlank(awsSecretAccessKey);
        awsSessionToken = absentIfBlank(awsSessionToken);
        roleArn = absentIfBlank(roleArn);
        externalId = absentIfBlank(externalId);
        encryption = encryption == null || encryption.isBlank() ? ENCRYPTION_NONE : encryption;
        kmsKeyId = absentIfBlank(kmsKeyId);
        fileFormat = fileFormat == null || fileFormat.isBlank() ? FileFormat.JSON_LINES.word() : fileFormat;
        compression = absentIfBlank(compression);

        InvalidConfigurationException.Collector violations = new InvalidConfigurationException.Collector();
        requireBucketName(violations, bucketName);
        violations.require(
                REGION.matcher(region).matches(), "region", "must be a region code such as us-east-1 or eu-central-1");
        requirePrefix(violations, prefix);
        requireEndpoint(violations, endpointUrl);
        requireCredentials(violations, awsAccessKeyId, awsSecretAccessKey, awsSessionToken);
        requireRole(violations, roleArn, externalId);
        violations
                .require(ENCRYPTIONS.contains(encryption), "encryption", "must be none, AES256 or aws:kms")
                .require(
                        kmsKeyId == null || encryption.equals(ENCRYPTION_SSE_KMS),
                        "kms_key_id",
                        "is only used with the encryption aws:kms; remove it or change encryption")
                .require(
                        maxFileSizeMb == null || (maxFileSizeMb >= 1 && maxFileSizeMb <= MAX_FILE_SIZE_MB),
                        "max_file_size_mb",
                        "must be from 1 to " + MAX_FILE_SIZE_MB + " (MiB)");
        requireEncoding(violations, fileFormat, compression);
        violations.orThrow();
    }

    /// The address of the store; null stands for AWS.
    @Nullable
    URI endpoint() {
        return endpointUrl == null ? null : URI.create(endpointUrl);
    }

    boolean isVirtualStyle() {
        return useVirtualStyleAddressing == null ? endpointUrl == null : useVirtualStyleAddressing;
    }

    PrefixTemplate prefixTemplate() {
        return new PrefixTemplate(prefix == null ? "" : prefix);
    }

    Encoding encoding() {
        FileFormat format = format(fileFormat);
        return new Encoding(format, compression == null ? defaultCompression(format) : compression(compression));
    }

    OptionalLong maxFileBytes() {
        return maxFileSizeMb == null ? OptionalLong.empty() : OptionalLong.of((long) maxFileSizeMb << 20);
    }

    private static void requireBucketName(InvalidConfigurationException.Collector violations, String name) {
        if (name.isBlank()) {
            violations.require(false, "bucket_name", "is required");
            return;
        }
        violations
                .require(
                        name.length() >= 3 && name.length() <= 63,
                        "bucket_name",
                        "must have 3 to 63 characters, not " + name.length())
                .require(
                        BUCKET_CHARACTERS.matcher(name).matches(),
                        "bucket_name",
                        "may hold lower-case letters, digits, dots and hyphens, and must begin and end with a"
                                + " letter or digit")
                .require(!name.contains(".."), "bucket_name", "must not hold two dots in a row")
                .require(!IP_ADDRESS.matcher(name).matches(), "bucket_name", "must not look like an IP address");
    }

    private static void requirePrefix(InvalidConfigurationException.Collector violations, @Nullable String prefix) {
        if (prefix == null) {
            return;
        }
        for (String violation : new PrefixTemplate(prefix).violations()) {
            violations.require(false, "prefix", violation);
        }
        violations.require(
                prefix.getBytes(StandardCharsets.UTF_8).length <= MAX_PREFIX_BYTES,
                "prefix",
                "must not be longer than " + MAX_PREFIX_BYTES + " bytes");
    }

    private static void requireEndpoint(InvalidConfigurationException.Collector violations, @Nullable String url) {
        if (url == null) {
            return;
        }
        try {
            URI uri = new URI(url);
            String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
            violations
                    .require(
                            (scheme.equals("http") || scheme.equals("https")) && uri.getHost() != null,
                            "endpoint_url",
                            "must be a http or https URL such as https://s3.example.com")
                    .require(uri.getUserInfo() == null, "endpoint_url", "must not hold a user or password")
                    .require(
                            uri.getQuery() == null && uri.getFragment() == null,
                            "endpoint_url",
                            "must not have a query or a fragment");
        } catch (URISyntaxException e) {
            violations.require(false, "endpoint_url", "must be a http or https URL such as https://s3.example.com");
        }
    }

    private static void requireCredentials(
            InvalidConfigurationException.Collector violations,
            @Nullable String keyId,
            @Nullable Secret secret,
            @Nullable Secret sessionToken) {
        violations
                .require(
                        keyId == null || secret != null,
                        "aws_secret_access_key",
                        "is required when aws_access_key_id is given")
                .require(
                        secret == null || keyId != null,
                        "aws_access_key_id",
                        "is required when aws_secret_access_key is given")
                .require(
                        sessionToken == null || (keyId != null && secret != null),
                        "aws_session_token",
                        "is only used together with aws_access_key_id and aws_secret_access_key")
                .require(
                        keyId == null || !WHITE_SPACE.matcher(keyId).find(),
                        "aws_access_key_id",
                        "must not hold spaces or line breaks")
                .require(
                        secret == null || !WHITE_SPACE.matcher(secret.reveal()).find(),
                        "aws_secret_access_key",
                        "must not hold spaces or line breaks")
                .require(
                        sessionToken == null
                                || !WHITE_SPACE.matcher(sessionToken.reveal()).find(),
                        "aws_session_token",
                        "must not hold spaces or line breaks");
    }

    private static void requireRole(
            InvalidConfigurationException.Collector violations, @Nullable String roleArn, @Nullable String externalId) {
        violations
                .require(
                        roleArn == null || ROLE_ARN.matcher(roleArn).matches(),
                        "role_arn",
                        "must look like arn:aws:iam::123456789012:role/name")
                .require(
                        externalId == null || roleArn != null,
                        "external_id",
                        "is only used together with role_arn; remove it or give the role")
                .require(
                        externalId == null || EXTERNAL_ID.matcher(externalId).matches(),
                        "external_id",
                        "must have 2 to 1224 letters, digits or characters of _+=,.@:/-");
    }

    private static void requireEncoding(
            InvalidConfigurationException.Collector violations, String fileFormat, @Nullable String compression) {
        boolean knownFormat = FORMATS.stream().anyMatch(format -> format.word().equals(fileFormat));
        boolean knownCompression = compression == null
                || Arrays.stream(Compression.values())
                        .anyMatch(value -> value.word().equals(compression));
        violations
                .require(knownFormat, "file_format", "must be JSONLines or Parquet")
                .require(
                        knownCompression,
                        "compression",
                        "must be "
                                + Arrays.stream(Compression.values())
                                        .map(Compression::word)
                                        .collect(Collectors.joining(", ")));
        if (knownFormat && compression != null && knownCompression) {
            FileFormat format = format(fileFormat);
            violations.require(
                    Encoding.supports(format, compression(compression)),
                    "compression",
                    format.word() + " cannot be compressed with " + compression + "; choose one of "
                            + Encoding.compressionsOf(format).stream()
                                    .map(Compression::word)
                                    .collect(Collectors.joining(", ")));
        }
    }

    private static FileFormat format(String word) {
        return FORMATS.stream()
                .filter(format -> format.word().equals(word))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("not a file format: " + word));
    }

    private static Compression compression(String word) {
        return Compression.valueOf(word.toUpperCase(Locale.ROOT));
    }

    private static Compression defaultCompression(FileFormat format) {
        return format == FileFormat.PARQUET ? Compression.ZSTD : Compression.NONE;
    }

    private static @Nullable String absentIfBlank(@Nullable String value) {
        return value == null || value.isBlank() ? null : value;
    }

    private static @Nullable Secret absentIfBlank(@Nullable Secret value) {
        return value == null || value.reveal().isBlank() ? null : value;
    }
}
