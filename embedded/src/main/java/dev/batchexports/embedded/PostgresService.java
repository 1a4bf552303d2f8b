package dev.batchexports.embedded;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/// PostgreSQL from its binaries: passwords by SCRAM, durable commits, TCP on loopback only.
final class PostgresService implements Service {
    private static final String USER = "batch_exports";
    private static final int FIRST_WITH_BUILTIN_LOCALE = 17;
    private static final String DATABASE = "batch_exports";

    private final Path home;
    private final Path folder;
    private final Path data;
    private final String password;
    private final Path log;
    private int port;

    PostgresService(Tools tools, Path folder, Path log, Secrets secrets) {
        this.home = tools.postgresHome();
        this.folder = folder;
        this.data = folder.resolve("data");
        this.log = log;
        this.password = secrets.password("postgres.password");
    }

    @Override
    public Component component() {
        return Component.POSTGRES;
    }

    @Override
    public void choosePorts(Ports ports) {
        port = ports.choose("postgres", 15_432);
    }

    @Override
    public GuardedProcess.Launch launch() {
        PrivateFile.folder(folder);
        List<String> unprivileged = Unprivileged.prefix(folder);
        if (!Files.isRegularFile(data.resolve("PG_VERSION"))) {
            initialise(unprivileged);
        }
        // The guard's lock proves that no other server uses the folder: a process id file is of a killed one, and its
        // number
        // may be another program's by now.
        List<String> command = new ArrayList<>(List.of(
                "bash",
                "-c",
                "rm -f \"$1\" && shift && exec \"$@\"",
                "start",
                data.resolve("postmaster.pid").toString()));
        command.addAll(unprivileged);
        command.addAll(GuardedProcess.diesWithItsGuard());
        command.addAll(List.of(
                home.resolve("bin/postgres").toString(),
                "-D",
                data.toString(),
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                "port=" + port,
                "-c",
                "unix_socket_directories=",
                "-c",
                "shared_buffers=64MB",
                "-c",
                "max_connections=100",
                "-c",
                "log_min_messages=warning",
                "-c",
                "timezone=UTC"));
        // SIGINT is the fast shutdown: SIGTERM would wait for the last client.
        return new GuardedProcess.Launch(command, Map.of("LC_ALL", "C"), "INT", Duration.ofSeconds(8));
    }

    /// Creates the cluster beside its place and moves it there as the last act: a killed start is simply repeated.
    private void initialise(List<String> unprivileged) {
        Path fresh = folder.resolve("data.new");
        Path passwordFile = folder.resolve("password");
        deleteAll(fresh);
        deleteAll(data);
        PrivateFile.write(passwordFile, password + "\n");
        List<String> command = new ArrayList<>(unprivileged);
        command.addAll(List.of(
                home.resolve("bin/initdb").toString(),
                "--pgdata=" + fresh,
                "--username=" + USER,
                "--pwfile=" + passwordFile,
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C"));
        if (majorVersion() >= FIRST_WITH_BUILTIN_LOCALE) {
            command.addAll(List.of("--locale-provider=builtin", "--builtin-locale=C.UTF-8"));
        }
        try {
            Unprivileged.handOver(folder);
            Programs.Outcome outcome = Programs.run(command, Map.of("LC_ALL", "C"));
            Files.writeString(log, outcome.output());
            if (!outcome.succeeded()) {
                throw new EmbeddedException("PostgreSQL could not create its data folder; its log is " + log
                        + " and says:\n" + outcome.output());
            }
            Files.move(fresh, data, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException failure) {
            throw new EmbeddedException("PostgreSQL's data folder " + data + " could not be created.", failure);
        } finally {
            deleteAll(passwordFile);
        }
    }

    /// Tests run with older versions too.
    private int majorVersion() {
        String said = Programs.run(List.of(home.resolve("bin/postgres").toString(), "--version"), Map.of())
                .output();
        return Integer.parseInt(said.replaceFirst("(?s)\\D*(\\d+).*", "$1"));
    }

    private static void deleteAll(Path path) {
        if (!Files.exists(path)) {
            return;
        }
        try {
            Files.walkFileTree(path, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.delete(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failure)
                        throws IOException {
                    Files.delete(visited);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException failure) {
            throw new EmbeddedException("The path " + path + " could not be deleted: check its permissions.", failure);
        }
    }

    @Override
    public boolean ready() {
        try (Connection connection = connect(DATABASE)) {
            return connection.isValid(1);
        } catch (SQLException _) {
            createDatabase();
            return false;
        }
    }

    private void createDatabase() {
        try (Connection connection = connect("postgres");
                Statement statement = connection.createStatement();
                ResultSet existing =
                        statement.executeQuery("SELECT 1 FROM pg_database WHERE datname = '" + DATABASE + "'")) {
            if (!existing.next()) {
                statement.executeUpdate("CREATE DATABASE " + DATABASE);
            }
        } catch (SQLException _) {
            // It is not up yet; it is asked again.
        }
    }

    private Connection connect(String database) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", USER);
        properties.setProperty("password", password);
        properties.setProperty("connectTimeout", "2");
        properties.setProperty("socketTimeout", "5");
        return DriverManager.getConnection(url(database), properties);
    }

    private String url(String database) {
        return "jdbc:postgresql://127.0.0.1:" + port + "/" + database;
    }

    @Override
    public Connections addTo(Connections connections) {
        return connections.withDatabase(url(DATABASE), USER, password);
    }

    @Override
    public String address() {
        return "127.0.0.1:" + port + ", database " + DATABASE;
    }
}
