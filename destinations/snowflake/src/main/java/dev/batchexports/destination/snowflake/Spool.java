package dev.batchexports.destination.snowflake;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.FileLockInterruptionException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Files in the temporary folder in which slices wait for their upload. Only this user may read them.
///
/// A process that is killed cannot delete its files. Each process therefore holds a lock as long as it lives, and
/// whoever needs a file first deletes those whose lock nobody holds: rows must not stay on a disk for ever.
///
/// Others may write into the folder too: what is there under a name like ours, but is not ours, is left alone.
final class Spool {
    private static final Logger log = LoggerFactory.getLogger(Spool.class);
    private static final String PREFIX = "batch-exports-";
    private static final String LOCK = ".lock";
    private static final Pattern LOCK_NAME =
            Pattern.compile(PREFIX + "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}" + Pattern.quote(LOCK));
    private static final FileAttribute<?> PRIVATE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    /// How often another process may delete a lock file before it is locked.
    private static final int MOST_ATTEMPTS = 10;

    /// Of this process, which also guards them. It must open none of their lock files a second time: to close such a
    /// file gives its lock up, whichever of its openings has it.
    private static final List<Owner> OWNERS = new ArrayList<>();

    private final Path folder;

    /// @param name which the names of its files begin with
    /// @param lock held until the process ends
    private record Owner(Path folder, String name, UserPrincipal user, FileLock lock) {
        Path lockFile() {
            return folder.resolve(name + LOCK);
        }
    }

    Spool(Path folder) {
        this.folder = folder;
    }

    Path folder() {
        return folder;
    }

    /// An empty file. Deleting it is the caller's business.
    Path newFile() throws IOException, InterruptedException {
        synchronized (OWNERS) {
            Owner owner = owner(folder.toRealPath());
            deleteOfTheDead(owner);
            return Files.createFile(owner.folder.resolve(owner.name + "-" + UUID.randomUUID() + ".parquet"), PRIVATE);
        }
    }

    /// A new one where something that tidies the folder up has deleted the lock file: nobody would delete the files
    /// of its owner if this process were killed.
    private static Owner owner(Path folder) throws IOException, InterruptedException {
        for (Owner owner : OWNERS) {
            if (owner.folder.equals(folder) && Files.exists(owner.lockFile(), LinkOption.NOFOLLOW_LINKS)) {
                return owner;
            }
        }
        for (int attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
            Optional<Owner> owner = newOwner(folder);
            if (owner.isPresent()) {
                OWNERS.add(owner.get());
                return owner.get();
            }
        }
        throw new IOException("Lock files are deleted as soon as they are created in " + folder);
    }

    /// @return empty if another process, which was looking for the dead, found the lock file before it was locked
    private static Optional<Owner> newOwner(Path folder) throws IOException, InterruptedException {
        String name = PREFIX + UUID.randomUUID();
        Path file = folder.resolve(name + LOCK);
        FileChannel channel =
                FileChannel.open(file, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), PRIVATE);
        boolean isLocked = false;
        try {
            FileLock lock = channel.lock();
            isLocked = Files.exists(file, LinkOption.NOFOLLOW_LINKS);
            return isLocked
                    ? Optional.of(new Owner(folder, name, Files.getOwner(file, LinkOption.NOFOLLOW_LINKS), lock))
                    : Optional.empty();
        } catch (FileLockInterruptionException | ClosedByInterruptException e) {
            boolean _ = Thread.interrupted();
            InterruptedException interrupt = new InterruptedException();
            interrupt.initCause(e);
            throw interrupt;
        } finally {
            if (!isLocked) {
                channel.close();
                Files.deleteIfExists(file);
            }
        }
    }

    /// Housekeeping: no slice fails over it.
    private static void deleteOfTheDead(Owner owner) {
        try (DirectoryStream<Path> locks = Files.newDirectoryStream(owner.folder, Spool::isLockOfOthers)) {
            for (Path found : locks) {
                deleteIfDead(owner, found);
            }
        } catch (IOException | RuntimeException e) {
            log.warn("cannot look for what killed workers have left in {}", owner.folder, e);
        }
    }

    private static boolean isLockOfOthers(Path file) {
        String name = file.getFileName().toString();
        return LOCK_NAME.matcher(name).matches() && OWNERS.stream().noneMatch(owner -> name.equals(owner.name + LOCK));
    }

    private static void deleteIfDead(Owner owner, Path found) {
        try {
            PosixFileAttributes attributes =
                    Files.readAttributes(found, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            if (!attributes.isRegularFile() || !attributes.owner().equals(owner.user)) {
                return;
            }
            try (FileChannel channel = FileChannel.open(found, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
                if (channel.tryLock() != null) {
                    deleteFiles(owner.folder, found);
                }
            }
        } catch (IOException | RuntimeException e) {
            // Another process was faster.
            log.debug("cannot look whether {} is in use", found, e);
        }
    }

    private static void deleteFiles(Path folder, Path lockFile) throws IOException {
        String name = lockFile.getFileName().toString();
        String files = name.substring(0, name.length() - LOCK.length()) + "-*.parquet";
        try (DirectoryStream<Path> left = Files.newDirectoryStream(folder, files)) {
            for (Path file : left) {
                Files.deleteIfExists(file);
                log.info("deleted {}, which a worker that was killed had left", file);
            }
        }
        Files.deleteIfExists(lockFile);
    }
}
