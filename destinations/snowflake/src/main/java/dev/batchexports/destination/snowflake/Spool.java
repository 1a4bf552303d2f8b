package dev.batchexports.destination.snowflake;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Files in the temporary folder in which slices wait for their upload. Only this user may read them.
///
/// A process that is killed cannot delete its files. Each process therefore holds a lock as long as it lives, and
/// whoever needs a file first deletes those whose lock nobody holds: rows must not stay on a disk for ever.
final class Spool {
    private static final Logger log = LoggerFactory.getLogger(Spool.class);
    private static final String PREFIX = "batch-exports-";
    private static final String LOCK = ".lock";
    private static final FileAttribute<?> PRIVATE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private final Path folder;
    private final String owner = PREFIX + UUID.randomUUID();
    private @Nullable FileLock lock;

    Spool(Path folder) {
        this.folder = folder;
    }

    Path folder() {
        return folder;
    }

    /// An empty file. Deleting it is the caller's business.
    synchronized Path newFile() throws IOException {
        if (lock == null) {
            lock = lock();
        }
        deleteOfTheDead();
        return Files.createFile(folder.resolve(owner + "-" + UUID.randomUUID() + ".parquet"), PRIVATE);
    }

    private FileLock lock() throws IOException {
        FileChannel channel = FileChannel.open(
                Files.createFile(folder.resolve(owner + LOCK), PRIVATE),
                StandardOpenOption.WRITE,
                LinkOption.NOFOLLOW_LINKS);
        // Another process that looks for the dead may hold it for a moment.
        return channel.lock();
    }

    private void deleteOfTheDead() throws IOException {
        try (DirectoryStream<Path> locks = Files.newDirectoryStream(folder, PREFIX + "*" + LOCK)) {
            for (Path found : locks) {
                String name = found.getFileName().toString();
                String other = name.substring(0, name.length() - LOCK.length());
                if (!other.equals(owner)) {
                    deleteIfDead(found, other);
                }
            }
        }
    }

    private void deleteIfDead(Path found, String other) {
        try (FileChannel channel = FileChannel.open(found, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
            FileLock free = channel.tryLock();
            if (free == null) {
                return;
            }
            try (DirectoryStream<Path> left = Files.newDirectoryStream(folder, other + "-*.parquet")) {
                for (Path file : left) {
                    Files.deleteIfExists(file);
                    log.info("deleted {}, which a worker that was killed had left", file);
                }
            }
            Files.deleteIfExists(found);
        } catch (OverlappingFileLockException e) {
            // Of this process.
        } catch (IOException e) {
            // Another user's, or another process was faster.
            log.debug("cannot look whether {} is in use", found, e);
        }
    }
}
