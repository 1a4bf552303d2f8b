package dev.batchexports.destination.s3;

import dev.batchexports.core.destination.DestinationLimits;
import java.net.URI;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.client.config.ClientOverrideConfiguration;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.StandardRetryStrategy;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.sts.StsClient;
import software.amazon.awssdk.services.sts.auth.StsAssumeRoleCredentialsProvider;

/// The SDK's client for a configuration, with the credentials behind it.
///
/// Three settings make every compatible store understand it: no checksum that was not asked for (parts
/// carry their MD5, which all know), no chunked encoding of bodies, and the bucket in the path unless
/// virtual-style addressing is wanted. It follows no redirect and no other region than the configured
/// one, so it never talks to a host that was not checked.
final class S3Connection implements AutoCloseable {
    /// The SDK bridges a hiccup; everything longer is left to the durable retries of the run.
    private static final int ATTEMPTS = 3;

    private final S3Client client;
    private final Deque<AutoCloseable> opened;

    private S3Connection(S3Client client, Deque<AutoCloseable> opened) {
        this.client = client;
        this.opened = opened;
    }

    /// Makes the client without talking to anything. Its connections go to addresses that were checked, where a
    /// user has named the endpoint.
    static S3Connection open(S3Configuration configuration, DestinationLimits limits, HttpClients clients) {
        Deque<AutoCloseable> opened = new ArrayDeque<>();
        HttpClients.Lease http = configuration.endpoint() == null ? clients.unchecked(limits) : clients.checked(limits);
        opened.push(http);
        AwsCredentialsProvider credentials = credentials(configuration, limits, clients, opened);
        S3ClientBuilder builder = S3Client.builder()
                .region(Region.of(configuration.region()))
                .credentialsProvider(credentials)
                .httpClient(http.client())
                .forcePathStyle(!configuration.isVirtualStyle())
                .crossRegionAccessEnabled(false)
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                .serviceConfiguration(service -> service.chunkedEncodingEnabled(false))
                .overrideConfiguration(override(limits, http));
        URI endpoint = configuration.endpoint();
        if (endpoint != null) {
            builder.endpointOverride(endpoint);
        }
        S3Client client = builder.build();
        opened.push(client);
        return new S3Connection(client, opened);
    }

    S3Client client() {
        return client;
    }

    @Override
    public void close() {
        for (AutoCloseable resource : opened) {
            closeQuietly(resource);
        }
    }

    private static void closeQuietly(AutoCloseable resource) {
        try {
            resource.close();
        } catch (Exception e) {
            throw new IllegalStateException("the SDK closes without errors", e);
        }
    }

    private static AwsCredentialsProvider credentials(
            S3Configuration configuration, DestinationLimits limits, HttpClients clients, Deque<AutoCloseable> opened) {
        AwsCredentialsProvider own = ownCredentials(configuration, opened);
        if (configuration.roleArn() == null) {
            return own;
        }
        HttpClients.Lease http = clients.unchecked(limits);
        opened.push(http);
        StsClient sts = StsClient.builder()
                .region(Region.of(configuration.region()))
                .credentialsProvider(own)
                .httpClient(http.client())
                .overrideConfiguration(override(limits, http))
                .build();
        opened.push(sts);
        StsAssumeRoleCredentialsProvider role = StsAssumeRoleCredentialsProvider.builder()
                .stsClient(sts)
                .refreshRequest(request -> {
                    request.roleArn(configuration.roleArn()).roleSessionName("batch-exports");
                    if (configuration.externalId() != null) {
                        request.externalId(configuration.externalId());
                    }
                })
                .build();
        opened.push(role);
        return role;
    }

    private static AwsCredentialsProvider ownCredentials(S3Configuration configuration, Deque<AutoCloseable> opened) {
        String keyId = configuration.awsAccessKeyId();
        if (keyId == null) {
            DefaultCredentialsProvider worker =
                    DefaultCredentialsProvider.builder().build();
            opened.push(worker);
            return worker;
        }
        String secret =
                Objects.requireNonNull(configuration.awsSecretAccessKey()).reveal();
        return StaticCredentialsProvider.create(
                configuration.awsSessionToken() == null
                        ? AwsBasicCredentials.create(keyId, secret)
                        : AwsSessionCredentials.create(
                                keyId, secret, configuration.awsSessionToken().reveal()));
    }

    private static ClientOverrideConfiguration override(DestinationLimits limits, HttpClients.Lease http) {
        return ClientOverrideConfiguration.builder()
                .scheduledExecutorService(http.timer())
                .retryStrategy(
                        StandardRetryStrategy.builder().maxAttempts(ATTEMPTS).build())
                .apiCallAttemptTimeout(limits.requestTimeout())
                .apiCallTimeout(limits.requestTimeout().multipliedBy(ATTEMPTS))
                .build();
    }
}
