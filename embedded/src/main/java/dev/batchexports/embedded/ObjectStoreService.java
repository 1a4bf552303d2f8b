package dev.batchexports.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// S3 by SeaweedFS: `weed mini`, which is a master, a volume server, a filer and the S3 gateway in one process.
final class ObjectStoreService implements Service {
    private static final String REGION = "us-east-1";

    /// Each listens on two ports: HTTP, and gRPC, which would otherwise be the first plus 10,000.
    private static final List<String> PARTS = List.of("master", "volume", "filer", "admin");

    private final Path program;
    private final Path folder;
    private final String bucket;
    private final List<S3Identity> identities;
    private final S3Identity administrator;
    private final LocalHttp http;
    private int port;
    private int filerPort;
    private List<String> portArguments = List.of();
    private List<Integer> allPorts = List.of();

    ObjectStoreService(Tools tools, Path folder, Secrets secrets, Options options, LocalHttp http) {
        this.program = tools.weed();
        this.folder = folder;
        this.bucket = options.bucket();
        this.identities = options.identities();
        this.administrator = new S3Identity(
                "administrator",
                secrets.accessKeyId("s3.access_key_id"),
                secrets.password("s3.secret_access_key"),
                List.of("Admin", "Read", "Write", "List", "Tagging"));
        this.http = http;
    }

    @Override
    public Component component() {
        return Component.S3;
    }

    @Override
    public void choosePorts(Ports ports) {
        List<String> arguments = new ArrayList<>();
        List<Integer> chosen = new ArrayList<>();
        port = ports.choose("s3", 8333);
        chosen.add(port);
        arguments.add("-s3.port=" + port);
        int grpc = ports.choose("s3.grpc");
        chosen.add(grpc);
        arguments.add("-s3.port.grpc=" + grpc);
        for (String part : PARTS) {
            int partPort = ports.choose("s3." + part);
            int partGrpc = ports.choose("s3." + part + ".grpc");
            chosen.addAll(List.of(partPort, partGrpc));
            arguments.add("-" + part + ".port=" + partPort);
            arguments.add("-" + part + ".port.grpc=" + partGrpc);
            if (part.equals("filer")) {
                filerPort = partPort;
            }
        }
        portArguments = List.copyOf(arguments);
        allPorts = List.copyOf(chosen);
    }

    @Override
    public GuardedProcess.Launch launch() {
        PrivateFile.folder(folder.resolve("data"));
        Path configuration = folder.resolve("identities.json");
        PrivateFile.write(configuration, configuration());
        cleanUp();
        List<String> command = new ArrayList<>(GuardedProcess.diesWithItsGuard());
        command.addAll(List.of(
                program.toString(),
                "mini",
                "-dir=" + folder.resolve("data"),
                "-ip=127.0.0.1",
                "-ip.bind=127.0.0.1",
                "-master.telemetry=false",
                "-admin.ui=false",
                "-webdav=false",
                "-s3.config=" + configuration,
                // A missing bucket must be an error, as it is elsewhere.
                "-s3.autoCreateBucket=false",
                "-s3.port.iceberg=0",
                "-s3.port.lance=0",
                "-volume.preStopSeconds=0",
                "-bucket=" + bucket));
        command.addAll(portArguments);
        return new GuardedProcess.Launch(command, Map.of(), "TERM", Duration.ofSeconds(5));
    }

    private String configuration() {
        return Stream.concat(Stream.of(administrator), identities.stream())
                .map(identity -> """
                        {"name": %s, "credentials": [{"accessKey": %s, "secretKey": %s}], "actions": %s}""".formatted(
                                Json.text(identity.name()),
                                Json.text(identity.accessKeyId()),
                                Json.text(identity.secretAccessKey()),
                                Json.texts(identity.actions())))
                .collect(Collectors.joining(",\n    ", "{\"identities\": [\n    ", "\n]}\n"));
    }

    /// SeaweedFS leaves sockets named after its ports in /tmp.
    @Override
    public void cleanUp() {
        for (int chosen : allPorts) {
            for (String part :
                    List.of("s3", "s3-grpc", "master-grpc", "volume-grpc", "filer", "filer-grpc", "admin-grpc")) {
                try {
                    Files.deleteIfExists(Path.of("/tmp", "seaweedfs-" + part + "-" + chosen + ".sock"));
                } catch (IOException failure) {
                    throw new EmbeddedException("An old socket of SeaweedFS in /tmp cannot be deleted.", failure);
                }
            }
        }
    }

    /// The gateway answers, if only by asking who is there, the bucket has been created, and objects can be
    /// written and read.
    @Override
    public boolean ready() {
        return http.get(endpoint()).isPresent() && answers(http.get(filer("/buckets/" + bucket + "/"))) && stores();
    }

    /// After a start the filer learns from the volume server where objects are. Until then it answers 500 for
    /// objects that are there, so a file outside the buckets is written and read back.
    private boolean stores() {
        String probe = filer("/ready");
        if (!answers(http.put(probe, "ready")) || !answers(http.get(probe))) {
            return false;
        }
        http.delete(probe);
        return true;
    }

    private static boolean answers(Optional<LocalHttp.Answer> answer) {
        return answer.filter(given -> given.status() / 100 == 2).isPresent();
    }

    private String filer(String path) {
        return "http://127.0.0.1:" + filerPort + path;
    }

    private String endpoint() {
        return "http://127.0.0.1:" + port;
    }

    @Override
    public Connections addTo(Connections connections) {
        return connections.withS3(
                endpoint(), REGION, administrator.accessKeyId(), administrator.secretAccessKey(), bucket);
    }

    @Override
    public String address() {
        return endpoint() + ", bucket " + bucket;
    }
}
