package dev.batchexports.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// PostgreSQL refuses to run as root, which containers often run as.
final class Unprivileged {
    private static final String NOBODY = "65534";

    private Unprivileged() {}

    /// What goes before a command so that it does not see itself as root. A user namespace changes nothing else;
    /// where the
    /// machine forbids those, the user `nobody` takes over.
    ///
    /// @param folder must be within nobody's reach in the second case
    static List<String> prefix(Path folder) {
        if (!root()) {
            return List.of();
        }
        if (namespaces()) {
            return List.of("unshare", "-U");
        }
        if (Programs.exists("setpriv")) {
            return List.of("setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups");
        }
        throw new EmbeddedException(
                "PostgreSQL does not run as root, and neither unshare nor setpriv helps here: start as"
                        + " another user than root, or install the package util-linux. The data folder is " + folder
                        + ".");
    }

    /// Gives a folder to the user who will run the commands.
    static void handOver(Path folder) {
        if (!root() || namespaces()) {
            return;
        }
        Programs.run(List.of("chown", "-R", NOBODY + ":" + NOBODY, folder.toString()), Map.of());
        List<String> look = new ArrayList<>(prefix(folder));
        look.addAll(List.of("test", "-w", folder.toString()));
        if (!Programs.run(look, Map.of()).succeeded()) {
            throw new EmbeddedException("PostgreSQL does not run as root, and the user nobody cannot reach " + folder
                    + ": set BX_DATA_DIR to a folder that every user can enter, or start as another user than root.");
        }
    }

    private static boolean root() {
        try {
            return Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
        } catch (IOException _) {
            return false;
        }
    }

    private static boolean namespaces() {
        return Programs.exists("unshare")
                && Programs.run(List.of("unshare", "-U", "true"), Map.of()).succeeded();
    }
}
