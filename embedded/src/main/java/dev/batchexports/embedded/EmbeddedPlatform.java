package dev.batchexports.embedded;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The components of Batch Exports on this machine, each a process of its own on loopback.
///
/// A component that ends by itself is started again. All of them end when this object is closed and when this virtual
/// machine
/// ends, in whatever way: there is no shutdown hook, so that a server in the same virtual machine can finish its work
/// during
/// the shutdown while the components are still there. Data, logs (`log/<component>.log`) and credentials stay in the
/// data
/// folder, and a later start on the same folder finds everything again, even after a SIGKILL.
///
/// Safe for use by several threads.
public final class EmbeddedPlatform implements AutoCloseable {
    private final FileChannel lock;
    private final LocalHttp http;
    private final Map<Component, Supervised> components;

    private EmbeddedPlatform(FileChannel lock, LocalHttp http, Map<Component, Supervised> components) {
        this.lock = lock;
        this.http = http;
        this.components = components;
    }

    /// Starts the chosen components side by side and returns once all of them can be used.
    ///
    /// @throws EmbeddedException if one does not come up, with the end of its log; the others are stopped again
    public static EmbeddedPlatform start(Options options) {
        Path folder = PrivateFile.folder(options.dataFolder());
        FileChannel lock = lock(folder);
        LocalHttp http = new LocalHttp();
        EmbeddedPlatform platform = new EmbeddedPlatform(lock, http, supervised(options, folder, http));
        boolean started = false;
        try {
            platform.forAll(platform.components.values(), Supervised::startFirst);
            started = true;
        } finally {
            if (!started) {
                platform.close();
            }
        }
        return platform;
    }

    private static Map<Component, Supervised> supervised(Options options, Path folder, LocalHttp http) {
        Path logs = PrivateFile.folder(folder.resolve("log"));
        Ports ports = new Ports(options.ports(), folder);
        Secrets secrets = new Secrets(folder);
        Map<Component, Supervised> components = new EnumMap<>(Component.class);
        for (Component component : options.components()) {
            Path data = folder.resolve(component.folderName());
            Path log = logs.resolve(component.folderName() + ".log");
            Service service = switch (component) {
                case TEMPORAL -> new TemporalService(options.tools(), data, http);
                case CLICKHOUSE -> new ClickHouseService(options.tools(), data, logs, secrets, http);
                case S3 -> new ObjectStoreService(options.tools(), data, secrets, options, http);
                case POSTGRES -> new PostgresService(options.tools(), data, log, secrets);
            };
            Path componentLock = folder.resolve(component.folderName() + ".lock");
            components.put(component, new Supervised(service, ports, componentLock, log, options.progress()));
        }
        return components;
    }

    /// Keeps a second platform away from the data folder.
    private static FileChannel lock(Path folder) {
        Path file = folder.resolve("lock");
        try {
            FileChannel channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            FileLock held = tryLock(channel);
            if (held == null) {
                String owner = Files.readString(file).strip();
                channel.close();
                throw new EmbeddedException(
                        "The data folder %s is in use by process %s: end that one, or choose another folder with BX_DATA_DIR."
                                .formatted(folder, owner));
            }
            channel.truncate(0);
            channel.write(
                    ByteBuffer.wrap(Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.UTF_8)));
            return channel;
        } catch (IOException failure) {
            throw new EmbeddedException(
                    "The data folder " + folder + " cannot be used: check its permissions.", failure);
        }
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException _) {
            return null;
        }
    }

    /// Where the components are and how to log in.
    public Connections connections() {
        Connections connections = Connections.none();
        for (Supervised component : components.values()) {
            connections = component.service().addTo(connections);
        }
        return connections;
    }

    /// Stops a component in order and waits for its end. Does nothing if it does not run.
    public void stop(Component component) {
        supervised(component).stop();
    }

    /// Ends a component with SIGKILL and waits for its end; it stays away until [#start]. Does nothing if it does not
    /// run.
    public void kill(Component component) {
        supervised(component).kill();
    }

    /// Starts a component that was stopped or killed, with the same ports and the same data, and waits until it can
    /// be used.
    /// Does nothing if it runs.
    ///
    /// @throws EmbeddedException if it does not come up
    public void start(Component component) {
        supervised(component).start();
    }

    /// Halts a component where it is: it keeps its connections and answers nothing, as behind a broken network.
    public void pause(Component component) {
        supervised(component).pause();
    }

    /// Lets a halted component go on.
    public void resume(Component component) {
        supervised(component).resume();
    }

    /// The process id of a running component.
    ///
    /// @throws EmbeddedException if it does not run
    public long pid(Component component) {
        return supervised(component).pid();
    }

    private Supervised supervised(Component component) {
        Supervised supervised = components.get(component);
        if (supervised == null) {
            throw new EmbeddedException(component.displayName() + " is not among the embedded components.");
        }
        return supervised;
    }

    /// Stops all components and waits for their end.
    @Override
    public void close() {
        try (lock;
                http) {
            forAll(components.values(), Supervised::stop);
        } catch (IOException failure) {
            throw new EmbeddedException("The lock of the data folder could not be released.", failure);
        }
    }

    private void forAll(Collection<Supervised> chosen, Consumer<Supervised> action) {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            CompletableFuture<?>[] all = chosen.stream()
                    .map(component -> CompletableFuture.runAsync(() -> action.accept(component), threads))
                    .toArray(CompletableFuture[]::new);
            CompletableFuture.allOf(all).join();
        } catch (CompletionException failure) {
            if (failure.getCause() instanceof EmbeddedException cause) {
                throw cause;
            }
            throw failure;
        }
    }
}
