package dev.batchexports.embedded;

import java.io.IOException;
import java.nio.file.Path;

/// A program that starts all components and then waits to be killed: `PlatformHolder <data folder> <connection
/// file>`.
public final class PlatformHolder {
    private PlatformHolder() {}

    public static void main(String[] arguments) throws IOException {
        try (EmbeddedPlatform platform =
                EmbeddedPlatform.start(Options.forTests(Path.of(arguments[0]), Component.values()))) {
            new ConnectionFile("http://127.0.0.1:8080", "token", platform.connections()).write(Path.of(arguments[1]));
            int end = System.in.read();
            if (end >= 0) {
                throw new IllegalStateException("Nobody was to write here.");
            }
        }
    }
}
