package dev.batchexports.server.commands;

import java.util.Locale;

/// A destination that the demo exports to when it is asked for.
enum DemoDestination {
    POSTGRES;

    /// As it stands on the command line.
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
