package dev.batchexports.server;

import java.sql.SQLException;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.flywaydb.core.api.FlywayException;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationPropertiesBindException;
import org.springframework.boot.web.server.PortInUseException;

/// Why the server did not start, for the person who started it.
public final class StartFailure {
    private StartFailure() {}

    /// One sentence that says what is wrong and, where that is known, what to change.
    public static String sentence(Throwable failure) {
        Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        Throwable last = failure;
        for (Throwable cause = failure; cause != null && seen.add(cause); cause = cause.getCause()) {
            Optional<String> sentence = known(cause);
            if (sentence.isPresent()) {
                return sentence.get();
            }
            last = cause;
        }
        return message(last);
    }

    private static Optional<String> known(Throwable cause) {
        return switch (cause) {
            case PortInUseException taken ->
                Optional.of("Port " + taken.getPort() + " is taken: set BX_HTTP_PORT to a free one.");
            case SQLException database -> Optional.of(databaseSentence(database));
            case ConfigurationPropertiesBindException setting -> Optional.of(settingSentence(setting));
            case FlywayException migration
            when migration.getCause() == null ->
                Optional.of("The metadata database cannot be migrated: " + firstLine(message(migration)));
            default -> Optional.empty();
        };
    }

    private static String databaseSentence(SQLException failure) {
        String state = Objects.requireNonNullElse(failure.getSQLState(), "");
        return switch (state) {
            case "08001", "08004", "08006" ->
                "The metadata database cannot be reached: is BX_DATABASE_URL right, and is PostgreSQL running? ("
                        + firstLine(message(failure)) + ")";
            case "28P01", "28000" ->
                "The metadata database refuses the login: are BX_DATABASE_USER and BX_DATABASE_PASSWORD right?";
            case "3D000" -> "The metadata database does not exist: create it, or change BX_DATABASE_URL.";
            default -> "The metadata database failed: " + firstLine(message(failure));
        };
    }

    private static String settingSentence(ConfigurationPropertiesBindException failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return "A setting is wrong: " + firstLine(message(failure)) + " " + firstLine(message(cause));
    }

    private static String message(Throwable failure) {
        @Nullable String message = failure.getMessage();
        return message == null || message.isBlank() ? failure.getClass().getSimpleName() : message;
    }

    private static String firstLine(String text) {
        return text.lines().findFirst().orElse(text).strip();
    }
}
