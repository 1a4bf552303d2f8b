package dev.batchexports.server.commands;

import java.io.PrintWriter;
import org.springframework.boot.SpringApplication;

/// Says a last word when the process is told to stop (Ctrl-C, SIGTERM). Its exit status then is 128 and the
/// number of the signal, as Unix has it.
final class Stop {
    private Stop() {}

    /// Once everything of the server is closed.
    static void announce(PrintWriter out) {
        SpringApplication.getShutdownHandlers().add(() -> say(out));
    }

    static void say(PrintWriter out) {
        out.println("Stopped.");
        out.flush();
    }
}
