package dev.batchexports.embedded;

import com.github.luben.zstd.ZstdInputStream;
import dev.batchexports.embedded.clickhouse.ClickHouseEngine;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import net.jpountz.lz4.LZ4Factory;

/// The ClickHouse engine in a virtual machine of its own.
final class ClickHouseService implements Service {
    private static final String USER = "default";

    private final Path library;
    private final Path folder;
    private final Path logFolder;
    private final String password;
    private final LocalHttp http;
    private int port;

    ClickHouseService(Tools tools, Path folder, Path logFolder, Secrets secrets, LocalHttp http) {
        this.library = tools.libchdb();
        this.folder = folder;
        this.logFolder = logFolder;
        this.password = secrets.password("clickhouse.password");
        this.http = http;
    }

    @Override
    public Component component() {
        return Component.CLICKHOUSE;
    }

    @Override
    public void choosePorts(Ports ports) {
        port = ports.choose("clickhouse", 8123);
    }

    @Override
    public GuardedProcess.Launch launch() {
        PrivateFile.folder(folder);
        Path temporary = emptied(folder.resolve("tmp"));
        List<String> command = new ArrayList<>(GuardedProcess.diesWithItsGuard());
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx192m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:-CreateCoredumpOnCrash",
                "-XX:ErrorFile=" + logFolder.resolve("clickhouse-crash.log"),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Djava.io.tmpdir=" + temporary,
                "-Djava.util.logging.SimpleFormatter.format=%1$tFT%1$tT.%1$tL %4$s %5$s%6$s%n",
                "-cp",
                classPath(),
                ClickHouseEngine.class.getName(),
                library.toString(),
                folder.resolve("data").toString(),
                Integer.toString(port)));
        return new GuardedProcess.Launch(
                command,
                Map.of(ClickHouseEngine.USER, USER, ClickHouseEngine.PASSWORD, password),
                "TERM",
                Duration.ofSeconds(5));
    }

    /// Only what the engine's process needs: it starts faster, and a driver of the server cannot disturb it.
    private static String classPath() {
        Stream<Class<?>> needed = Stream.of(ClickHouseEngine.class, ZstdInputStream.class, LZ4Factory.class);
        List<Optional<String>> places = needed.map(ClickHouseService::place).toList();
        if (places.stream().anyMatch(Optional::isEmpty)) {
            return System.getProperty("java.class.path");
        }
        return places.stream().flatMap(Optional::stream).distinct().collect(Collectors.joining(File.pathSeparator));
    }

    private static Optional<String> place(Class<?> type) {
        CodeSource source = type.getProtectionDomain().getCodeSource();
        if (source == null || !source.getLocation().getProtocol().equals("file")) {
            return Optional.empty();
        }
        try {
            return Optional.of(Path.of(source.getLocation().toURI()).toString());
        } catch (URISyntaxException _) {
            return Optional.empty();
        }
    }

    /// A killed process leaves its temporary files behind.
    private static Path emptied(Path temporary) {
        PrivateFile.folder(temporary);
        try (Stream<Path> files = Files.list(temporary)) {
            for (Path file : files.toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException failure) {
            throw new EmbeddedException("The folder " + temporary + " cannot be emptied: delete it.", failure);
        }
        return temporary;
    }

    @Override
    public boolean ready() {
        if (http.get(url() + "/ping").filter(answer -> answer.status() == 200).isEmpty()) {
            return false;
        }
        return http.post(url(), "SELECT 1", Map.of("X-ClickHouse-User", USER, "X-ClickHouse-Key", password))
                .filter(answer ->
                        answer.status() == 200 && answer.body().strip().equals("1"))
                .isPresent();
    }

    private String url() {
        return "http://127.0.0.1:" + port;
    }

    @Override
    public Connections addTo(Connections connections) {
        return connections.withClickhouse(url(), USER, password, "default");
    }

    @Override
    public String address() {
        return url();
    }
}
