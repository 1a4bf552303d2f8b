package dev.batchexports.embedded;

import java.io.IOException;
import java.io.Reader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/// Chooses ports on loopback. A data folder keeps its ports over restarts as long as nobody else takes them.
final class Ports {
    /// Below the range from which the operating system takes ports for outgoing connections: nobody grabs a port
    /// between the
    /// moment it is chosen and the moment its component listens on it.
    private static final int LOWEST_FREE = 20_000;

    private static final int HIGHEST_FREE = 32_000;
    private static final int ATTEMPTS = 1_000;

    private final PortChoice choice;
    private final Path file;
    private final Properties remembered = new Properties();
    private final Set<Integer> given = new HashSet<>();

    Ports(PortChoice choice, Path dataFolder) {
        this.choice = choice;
        file = dataFolder.resolve("ports.properties");
        if (Files.exists(file)) {
            try (Reader reader = Files.newBufferedReader(file)) {
                remembered.load(reader);
            } catch (IOException failure) {
                throw new EmbeddedException("The file " + file + " cannot be read: check its permissions.", failure);
            }
        }
    }

    /// A port that nobody listens on.
    ///
    /// @param name tells the ports of this data folder apart
    /// @param usual the port that users expect
    synchronized int choose(String name, int usual) {
        int port = choice == PortChoice.USUAL && available(usual) ? usual : rememberedOrFree(name);
        return give(name, port);
    }

    /// A port that nobody listens on, for what users never see.
    synchronized int choose(String name) {
        return give(name, rememberedOrFree(name));
    }

    private int rememberedOrFree(String name) {
        String former = remembered.getProperty(name);
        if (former != null && available(Integer.parseInt(former))) {
            return Integer.parseInt(former);
        }
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            int port = ThreadLocalRandom.current().nextInt(LOWEST_FREE, HIGHEST_FREE);
            if (available(port)) {
                return port;
            }
        }
        throw new EmbeddedException("No free port was found between " + LOWEST_FREE + " and " + HIGHEST_FREE
                + ": end some other programs.");
    }

    private int give(String name, int port) {
        given.add(port);
        remembered.setProperty(name, Integer.toString(port));
        StringWriter text = new StringWriter();
        try {
            remembered.store(text, "The ports of the last start");
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        PrivateFile.write(file, text.toString());
        return port;
    }

    private boolean available(int port) {
        if (given.contains(port)) {
            return false;
        }
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException _) {
            return false;
        }
    }
}
