package dev.batchexports.destination.s3;

import dev.batchexports.core.destination.DestinationLimits;
import dev.batchexports.core.destination.HostResolver;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import org.apache.hc.client5.http.DnsResolver;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.client.config.ClientOverrideConfiguration;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
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

    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
    private static final int MAX_CONNECTIONS = 100;

    private final S3Client client;
    private final Deque<AutoCloseable> opened;

    private S3Connection(S3Client client, Deque<AutoCloseable> opened) {
        this.client = client;
        this.opened = opened;
    }

    /// Makes the client without talking to anything.
    static S3Connection open(S3Configuration configuration, DestinationLimits limits) {
        Deque<AutoCloseable> opened = new ArrayDeque<>();
        AwsCredentialsProvider credentials = credentials(configuration, limits, opened);
        S3ClientBuilder builder = S3Client.builder()
                .region(Region.of(configuration.region()))
                .credentialsProvider(credentials)
                .httpClientBuilder(httpClient(configuration, limits))
                .forcePathStyle(!configuration.isVirtualStyle())
                .crossRegionAccessEnabled(false)
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                .serviceConfiguration(service -> service.chunkedEncodingEnabled(false))
                .overrideConfiguration(override(limits));
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
            S3Configuration configuration, DestinationLimits limits, Deque<AutoCloseable> opened) {
        AwsCredentialsProvider own = ownCredentials(configuration, opened);
        if (configuration.roleArn() == null) {
            return own;
        }
        StsClient sts = StsClient.builder()
                .region(Region.of(configuration.region()))
                .credentialsProvider(own)
                .httpClientBuilder(httpClient(limits))
                .overrideConfiguration(override(limits))
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

    /// A client whose connections go to addresses that were checked, where a user has named the endpoint.
    private static Apache5HttpClient.Builder httpClient(S3Configuration configuration, DestinationLimits limits) {
        Apache5HttpClient.Builder builder = httpClient(limits);
        return configuration.endpoint() == null ? builder : builder.dnsResolver(new CheckedHosts(limits.hosts()));
    }

    private record CheckedHosts(HostResolver hosts) implements DnsResolver {
        @Override
        public InetAddress[] resolve(String host) throws UnknownHostException {
            return hosts.resolve(host).toArray(InetAddress[]::new);
        }

        @Override
        public String resolveCanonicalHostname(String host) {
            return host;
        }
    }

    private static Apache5HttpClient.Builder httpClient(DestinationLimits limits) {
        return Apache5HttpClient.builder()
                .connectionTimeout(CONNECT_TIMEOUT)
                .socketTimeout(limits.requestTimeout())
                .maxConnections(MAX_CONNECTIONS)
                .tcpKeepAlive(true);
    }

    private static ClientOverrideConfiguration override(DestinationLimits limits) {
        return ClientOverrideConfiguration.builder()
                .retryStrategy(
                        StandardRetryStrategy.builder().maxAttempts(ATTEMPTS).build())
                .apiCallAttemptTimeout(limits.requestTimeout())
                .apiCallTimeout(limits.requestTimeout().multipliedBy(ATTEMPTS))
                .build();
    }
}
