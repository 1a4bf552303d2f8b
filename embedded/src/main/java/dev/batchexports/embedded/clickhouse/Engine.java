package dev.batchexports.embedded.clickhouse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// The engine with its data open, and what every answer tells about it.
final class Engine implements AutoCloseable {
    private final Chdb.Connection first;
    private final String version;
    private final String timeZone;

    private Engine(Chdb.Connection first) {
        this.first = first;
        this.version = first.query("SELECT version()", "TSVRaw").text().strip();
        this.timeZone = first.query("SELECT timezone()", "TSVRaw").text().strip();
    }

    /// Starts the engine; it runs until [#close], since its first connection stays open.
    static Engine open(Path library, Path dataFolder) throws IOException {
        Files.createDirectories(dataFolder);
        Chdb chdb = new Chdb(library);
        Engine engine = new Engine(chdb.connect(dataFolder));
        SignalHandlers.requireThoseOfTheVirtualMachine();
        return engine;
    }

    /// A connection for one request or one session.
    Chdb.Connection connect() {
        return first.another();
    }

    String version() {
        return version;
    }

    String timeZone() {
        return timeZone;
    }

    @Override
    public void close() {
        first.close();
    }
}
