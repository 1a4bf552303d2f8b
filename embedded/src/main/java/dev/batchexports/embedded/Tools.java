package dev.batchexports.embedded;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// The programs that `./bx setup` installs.
///
/// @param temporal the Temporal CLI, which holds the development server
/// @param weed the SeaweedFS program
/// @param libchdb the ClickHouse engine as a shared library
/// @param postgresHome a folder with PostgreSQL's `bin`, `lib` and `share`
public record Tools(Path temporal, Path weed, Path libchdb, Path postgresHome) {
    private static final String PROPERTY = "BX_TOOLS_DIR";

    public Tools {
        require(temporal);
        require(weed);
        require(libchdb);
        require(postgresHome.resolve("bin/postgres"));
        require(postgresHome.resolve("bin/initdb"));
    }

    /// Looks in the system property or environment variable `BX_TOOLS_DIR`, and else for a folder `.bx/tools` in the
    /// working directory and each folder above it.
    ///
    /// @throws EmbeddedException if the tools are not installed
    public static Tools locate() {
        String configured = System.getProperty(PROPERTY, System.getenv(PROPERTY));
        if (configured != null && !configured.isBlank()) {
            return in(Path.of(configured));
        }
        for (@Nullable Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
            Path tools = folder.resolve(".bx").resolve("tools");
            if (Files.isDirectory(tools)) {
                return in(tools);
            }
        }
        throw new EmbeddedException("The embedded components are not installed: run ./bx setup.");
    }

    /// The tools in a folder with the layout of `.bx/tools`.
    ///
    /// @throws EmbeddedException if one is missing
    public static Tools in(Path folder) {
        return new Tools(
                folder.resolve("temporal/temporal"),
                folder.resolve("seaweedfs/weed"),
                folder.resolve("clickhouse/libchdb.so"),
                folder.resolve("postgres"));
    }

    /// With another PostgreSQL.
    ///
    /// @throws EmbeddedException if it is not there
    public Tools withPostgres(Path home) {
        return new Tools(temporal, weed, libchdb, home);
    }

    private static void require(Path file) {
        if (!Files.isRegularFile(file)) {
            throw new EmbeddedException("The embedded component " + file + " is missing: run ./bx setup.");
        }
    }
}
