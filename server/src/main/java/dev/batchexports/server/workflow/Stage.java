package dev.batchexports.server.workflow;

import java.util.Locale;

/// A step of a run. Its word stands in log lines and attempts.
enum Stage {
    START,
    PLAN,
    TRANSFER,
    COMMIT,
    VERIFY,
    FINISH;

    String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
