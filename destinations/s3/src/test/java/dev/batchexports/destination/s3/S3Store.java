package dev.batchexports.destination.s3;

import dev.batchexports.core.destination.Destination;
import dev.batchexports.core.destination.DestinationLimits;
import dev.batchexports.core.destination.HostResolver;
import dev.batchexports.core.secret.Secret;
import dev.batchexports.embedded.Component;
import dev.batchexports.embedded.Connections;
import dev.batchexports.embedded.EmbeddedPlatform;
import dev.batchexports.embedded.Options;
import dev.batchexports.embedded.S3Identity;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.MultipartUpload;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.deser.std.StdDeserializer;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;

/// A real S3 store, started once for all tests, with a client of its own to look into it.
final class S3Store implements AutoCloseable {
    static final String BUCKET = "exports";
    static final String WRONG_SECRET = "canary-wrong-secret-7d3f";

    /// Has every right, but only below `team/`.
    static final S3Identity TEAM = new S3Identity(
            "team",
            "team-key",
            "canary-team-secret-91ac",
            List.of("Read:" + BUCKET + "/team/*", "List:" + BUCKET + "/team/*", "Write:" + BUCKET + "/team/*"));

    /// May read and list, but not write.
    static final S3Identity READER = new S3Identity(
            "reader", "reader-key", "canary-reader-secret-55e0", List.of("Read:" + BUCKET, "List:" + BUCKET));

    /// May write, but not look.
    static final S3Identity WRITER =
            new S3Identity("writer", "writer-key", "canary-writer-secret-0b72", List.of("Write:" + BUCKET));

    /// Smaller buffers than usual, so that a file of some MB already has several parts.
    static final DestinationLimits LIMITS = new DestinationLimits(20L << 20, Duration.ofSeconds(20));

    private static final JsonMapper JSON = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .addModule(new SimpleModule().addDeserializer(Secret.class, new SecretDeserializer()))
            .build();

    private final Path folder;
    private final EmbeddedPlatform platform;
    private final Connections connections;
    private final S3Client client;

    private S3Store(Path folder, EmbeddedPlatform platform) {
        this.folder = folder;
        this.platform = platform;
        this.connections = platform.connections();
        this.client = S3Client.builder()
                .endpointOverride(URI.create(connections.s3Endpoint()))
                .region(Region.of(connections.s3Region()))
                .credentialsProvider(StaticCredentialsProvider.create(
                        AwsBasicCredentials.create(connections.s3AccessKeyId(), connections.s3SecretAccessKey())))
                .forcePathStyle(true)
                .httpClientBuilder(Apache5HttpClient.builder())
                .build();
    }

    static S3Store start() {
        try {
            Path folder = Files.createTempDirectory("s3-store");
            return new S3Store(
                    folder,
                    EmbeddedPlatform.start(Options.forTests(folder, Component.S3)
                            .withBucket(BUCKET)
                            .withIdentities(List.of(TEAM, READER, WRITER))));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void stopServer() {
        platform.stop(Component.S3);
    }

    void startServer() {
        platform.start(Component.S3);
    }

    InetSocketAddress address() {
        URI endpoint = URI.create(connections.s3Endpoint());
        return new InetSocketAddress(endpoint.getHost(), endpoint.getPort());
    }

    String secretAccessKey() {
        return connections.s3SecretAccessKey();
    }

    /// The parameters of the administrator, as the API would take them.
    Map<String, Object> parameters() {
        Map<String, Object> parameters = new LinkedHashMap<>();
        parameters.put("bucket_name", BUCKET);
        parameters.put("region", connections.s3Region());
        parameters.put("prefix", "{table}/{year}");
        parameters.put("endpoint_url", connections.s3Endpoint());
        parameters.put("aws_access_key_id", connections.s3AccessKeyId());
        parameters.put("aws_secret_access_key", connections.s3SecretAccessKey());
        return parameters;
    }

    /// Those of another identity.
    Map<String, Object> parameters(S3Identity identity) {
        return with(
                with(parameters(), "aws_access_key_id", identity.accessKeyId()),
                "aws_secret_access_key",
                identity.secretAccessKey());
    }

    static Map<String, Object> with(Map<String, Object> parameters, String name, Object value) {
        Map<String, Object> changed = new LinkedHashMap<>(parameters);
        changed.put(name, value);
        return changed;
    }

    static S3Configuration configuration(Map<String, Object> parameters) {
        return JSON.convertValue(parameters, S3Configuration.class);
    }

    static Destination open(Map<String, Object> parameters, HostResolver hosts) {
        return new S3DestinationType().open(configuration(parameters), LIMITS.withHosts(hosts));
    }

    static Destination open(Map<String, Object> parameters) {
        return new S3DestinationType().open(configuration(parameters), LIMITS);
    }

    BucketView view() {
        return new BucketView(client, BUCKET);
    }

    List<String> keys(String prefix) {
        return view().keys(prefix);
    }

    List<MultipartUpload> uploads(String prefix) {
        return view().uploads(prefix);
    }

    void abort(MultipartUpload upload) {
        view().abort(upload);
    }

    Optional<byte[]> read(String key) {
        return view().read(key);
    }

    S3Client client() {
        return client;
    }

    void put(String key, String text) {
        client.putObject(request -> request.bucket(BUCKET).key(key), RequestBody.fromString(text));
    }

    private static final class SecretDeserializer extends StdDeserializer<Secret> {
        SecretDeserializer() {
            super(Secret.class);
        }

        @Override
        public Secret deserialize(JsonParser parser, DeserializationContext context) {
            return new Secret(parser.getString());
        }
    }

    @Override
    public void close() {
        client.close();
        platform.close();
        deleteFolder();
    }

    private void deleteFolder() {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Hands the one store to the constructors of test classes.
    static final class Provider implements ParameterResolver {
        @Override
        public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
            return parameter.getParameter().getType() == S3Store.class;
        }

        @Override
        public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
            return context.getRoot()
                    .getStore(ExtensionContext.Namespace.GLOBAL)
                    .computeIfAbsent(S3Store.class, key -> start(), S3Store.class);
        }
    }
}
