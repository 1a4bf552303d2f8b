package dev.batchexports.server.runs;

import java.util.Locale;

/// Levels of log lines that users read.
public enum LogLevel {
    DEBUG,
    INFO,
    WARNING,
    ERROR;

    public String word() {
        return name();
    }

    public static LogLevel of(String word) {
        String upper = word.toUpperCase(Locale.ROOT);
        return valueOf(upper.equals("WARN") ? "WARNING" : upper);
    }
}
