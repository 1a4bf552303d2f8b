package dev.batchexports.server.commands;

import dev.batchexports.embedded.Connections;
import java.io.PrintWriter;
import java.nio.file.Path;

/// Tells a person where everything is.
final class Addresses {
    private Addresses() {}

    static void print(PrintWriter out, LocalInstallation installation, Path dataFolder) {
        Connections connections = installation.connections();
        out.println();
        line(out, "Web UI", installation.signInLink() + "  (signs you in, once)");
        line(out, "API", installation.apiUrl() + "/api/docs");
        line(out, "API token", installation.token());
        line(out, "Temporal UI", connections.temporalUiUrl());
        line(out, "ClickHouse", connections.clickhouseUrl());
        line(out, "S3", connections.s3Endpoint() + "/" + connections.s3Bucket());
        line(
                out,
                "Credentials",
                dataFolder
                        .resolve("connection.json")
                        .toAbsolutePath()
                        .normalize()
                        .toString());
        line(out, "Logs", dataFolder.resolve("log").toAbsolutePath().normalize().toString());
        out.flush();
    }

    private static void line(PrintWriter out, String name, String value) {
        if (!value.isEmpty()) {
            out.printf("  %-12s %s%n", name, value);
        }
    }
}
