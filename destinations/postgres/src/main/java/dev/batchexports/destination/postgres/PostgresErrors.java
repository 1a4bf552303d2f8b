package dev.batchexports.destination.postgres;

import dev.batchexports.core.error.ErrorKind;
import dev.batchexports.core.error.ExportException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.sql.SQLException;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/// Which of PostgreSQL's errors a person has to act on, and how. The codes are the names of its conditions,
/// as its manual lists them.
///
/// PostgreSQL's own words are shown only for errors about names and rights. Those about values hold the
/// values, and are neither shown nor passed on as a cause.
final class PostgresErrors {
    private static final int LONGEST_MESSAGE = 300;
    private static final Pattern DENIED = Pattern.compile("permission denied for (schema|database|sequence|\\w+) (.+)");
    private static final Pattern COPY_PLACE = Pattern.compile("COPY \\S+, line (\\d+)(?:, column ([^:]+))?");

    private static final Map<String, String> CONDITIONS = Map.ofEntries(
            Map.entry("08000", "connection_exception"),
            Map.entry("08001", "sqlclient_unable_to_establish_sqlconnection"),
            Map.entry("08003", "connection_does_not_exist"),
            Map.entry("08004", "sqlserver_rejected_establishment_of_sqlconnection"),
            Map.entry("08006", "connection_failure"),
            Map.entry("08P01", "protocol_violation"),
            Map.entry("0A000", "feature_not_supported"),
            Map.entry("22001", "string_data_right_truncation"),
            Map.entry("22003", "numeric_value_out_of_range"),
            Map.entry("22007", "invalid_datetime_format"),
            Map.entry("22008", "datetime_field_overflow"),
            Map.entry("22021", "character_not_in_repertoire"),
            Map.entry("22P02", "invalid_text_representation"),
            Map.entry("22P04", "bad_copy_file_format"),
            Map.entry("22P05", "untranslatable_character"),
            Map.entry("23502", "not_null_violation"),
            Map.entry("23503", "foreign_key_violation"),
            Map.entry("23505", "unique_violation"),
            Map.entry("23514", "check_violation"),
            Map.entry("25006", "read_only_sql_transaction"),
            Map.entry("25P03", "idle_in_transaction_session_timeout"),
            Map.entry("28000", "invalid_authorization_specification"),
            Map.entry("28P01", "invalid_password"),
            Map.entry("3D000", "invalid_catalog_name"),
            Map.entry("3F000", "invalid_schema_name"),
            Map.entry("40001", "serialization_failure"),
            Map.entry("40P01", "deadlock_detected"),
            Map.entry("42501", "insufficient_privilege"),
            Map.entry("42601", "syntax_error"),
            Map.entry("42703", "undefined_column"),
            Map.entry("42804", "datatype_mismatch"),
            Map.entry("42809", "wrong_object_type"),
            Map.entry("42P01", "undefined_table"),
            Map.entry("42P10", "invalid_column_reference"),
            Map.entry("53100", "disk_full"),
            Map.entry("53200", "out_of_memory"),
            Map.entry("53300", "too_many_connections"),
            Map.entry("54000", "program_limit_exceeded"),
            Map.entry("54001", "statement_too_complex"),
            Map.entry("55P03", "lock_not_available"),
            Map.entry("57014", "query_canceled"),
            Map.entry("57P01", "admin_shutdown"),
            Map.entry("57P02", "crash_shutdown"),
            Map.entry("57P03", "cannot_connect_now"));

    private final PostgresConfiguration configuration;

    PostgresErrors(PostgresConfiguration configuration) {
        this.configuration = configuration;
    }

    ExportException of(Task task, SQLException error) {
        SQLException root = root(error);
        String state = Objects.requireNonNullElse(root.getSQLState(), "");
        @Nullable IOException io = lastIOException(root);
        if (io != null) {
            return ofNetwork(task, io, root);
        }
        return ofServer(task, state, root);
    }

    /// The name of a condition; a word for the SQLSTATE where we know none.
    static String code(String state) {
        return CONDITIONS.getOrDefault(state, state.isEmpty() ? "NoSqlState" : "SQLSTATE_" + state);
    }

    private ExportException ofNetwork(Task task, IOException io, SQLException error) {
        return switch (io) {
            case UnknownHostException unknown ->
                new ExportException(
                        "UnknownHost",
                        ErrorKind.TRANSIENT,
                        "The host " + configuration.host() + " cannot be found, or may not be connected to.",
                        "Check host, and that the worker can resolve it to a public address.",
                        error);
            case SSLException tls ->
                new ExportException(
                        "TlsFailed",
                        ErrorKind.TRANSIENT,
                        "No trusted TLS connection to " + configuration.address() + " could be made.",
                        "Check sslmode and ssl_root_certificate, and that the certificate of the server is for "
                                + configuration.host() + ".",
                        error);
            case ConnectException refused ->
                new ExportException(
                        "ConnectionFailed",
                        ErrorKind.TRANSIENT,
                        "No connection to " + configuration.address() + " could be made.",
                        "If it does not pass by itself, check host, port and the network between the worker and the"
                                + " server.",
                        error);
            case SocketTimeoutException timeout ->
                ExportException.passing(
                        "Timeout",
                        "The server at " + configuration.address() + " did not answer in time to the request to "
                                + task.words() + ".",
                        error);
            case IOException lost ->
                ExportException.passing(
                        "ConnectionLost",
                        "The connection to " + configuration.address() + " broke while trying to " + task.words() + ".",
                        error);
        };
    }

    private ExportException ofServer(Task task, String state, SQLException error) {
        String user = Identifier.quote(configuration.user());
        String database = Identifier.quote(configuration.database());
        return switch (state) {
            case "28P01" ->
                user(
                        state,
                        error,
                        "PostgreSQL rejected the password of the user " + user + ".",
                        "Enter user and password again.");
            case "28000" ->
                user(
                        state,
                        error,
                        "PostgreSQL does not let the user " + user + " log in to " + database + " from this worker: "
                                + message(error) + ".",
                        "Check that the role exists and has LOGIN, and that pg_hba.conf admits it from here with this"
                                + " sslmode.");
            case "3D000" ->
                user(
                        state,
                        error,
                        "The database " + database + " does not exist.",
                        "Create it with CREATE DATABASE " + database + ", or correct database.");
            case "3F000" -> TargetTable.missingSchema(configuration.schema());
            case "42501" -> ofDenied(task, error);
            case "08004" ->
                user(
                        state,
                        error,
                        "The server at " + configuration.address() + " refused the connection: " + message(error) + ".",
                        configuration.tlsMode() == TlsMode.DISABLE
                                ? "Check what the server demands."
                                : "Switch on TLS at the server, or set sslmode to disable.");
            case "08001", "08000", "08003", "08006", "08P01" ->
                new ExportException(
                        code(state),
                        ErrorKind.TRANSIENT,
                        "The connection to " + configuration.address() + " failed while trying to " + task.words()
                                + ".",
                        configuration.tlsMode() == TlsMode.VERIFY_FULL
                                ? "If it does not pass by itself, check host and port, and that the certificate of the"
                                        + " server is for " + configuration.host() + "."
                                : "If it does not pass by itself, check host, port and sslmode.",
                        error);
            case "25006" ->
                transientWithFix(
                        state,
                        error,
                        "The server at " + configuration.address() + " is read-only just now.",
                        "If it does not pass by itself, set host to the primary, not to a standby.");
            case "53100" ->
                transientWithFix(
                        state,
                        error,
                        "The server at " + configuration.address() + " has no disk space left.",
                        "Give it more disk; a run needs room for its rows twice while it commits.");
            case "53200" ->
                transientWithFix(
                        state,
                        error,
                        "The server at " + configuration.address() + " ran out of memory or of locks while trying to "
                                + task.words() + ".",
                        "If it stays, raise max_locks_per_transaction, or choose a shorter interval.");
            case "53300" ->
                transientWithFix(
                        state,
                        error,
                        "The server at " + configuration.address() + " has no connection left.",
                        "If it does not pass by itself, raise max_connections.");
            default -> ofClass(task, state, error);
        };
    }

    private ExportException ofClass(Task task, String state, SQLException error) {
        return switch (state.length() < 2 ? "" : state.substring(0, 2)) {
            case "22", "23" -> ofValue(task, state, error);
            case "0A", "26", "42", "44", "54" ->
                user(
                        state,
                        error,
                        "PostgreSQL refused to " + task.words() + ": " + message(error) + " (" + state + ").",
                        "Compare the table " + Identifier.quote(configuration.schema()) + "."
                                + configuration.tableName() + " with the columns of the model.");
            case "08", "25", "40", "53", "55", "57", "58" ->
                ExportException.passing(
                        code(state),
                        "PostgreSQL could not " + task.words() + " just now ("
                                + code(state).replace('_', ' ') + ", " + state + ").",
                        error);
            default ->
                new ExportException(
                        code(state),
                        ErrorKind.INTERNAL,
                        "PostgreSQL failed to " + task.words() + " with an unexpected error ("
                                + (state.isEmpty() ? "no SQLSTATE" : state) + ").",
                        "If it stays, please report it.",
                        withoutValues(error));
        };
    }

    /// A value that does not fit the table that is there.
    private ExportException ofValue(Task task, String state, SQLException error) {
        @Nullable ServerErrorMessage server = serverMessage(error);
        String column = "";
        String line = "";
        String constraint = "";
        if (server != null) {
            column = Objects.requireNonNullElse(server.getColumn(), "");
            constraint = Objects.requireNonNullElse(server.getConstraint(), "");
            Matcher place = COPY_PLACE.matcher(Objects.requireNonNullElse(server.getWhere(), ""));
            if (place.lookingAt()) {
                line = place.group(1);
                column = column.isEmpty() ? Objects.requireNonNullElse(place.group(2), "") : column;
            }
        }
        String where = (column.isEmpty() ? "" : " in column " + column)
                + (line.isEmpty() ? "" : " of row " + line)
                + (constraint.isEmpty() ? "" : " against the constraint " + constraint);
        return new ExportException(
                code(state),
                ErrorKind.USER,
                "PostgreSQL refused a value" + where + " while trying to " + task.words() + " ("
                        + code(state).replace('_', ' ') + ", " + state + ").",
                "Change the type or the constraint of the column, drop the column from the model, or export to another"
                        + " table.",
                withoutValues(error));
    }

    private ExportException ofDenied(Task task, SQLException error) {
        String user = Identifier.quote(configuration.user());
        String schema = Identifier.quote(configuration.schema());
        String onSchema = "GRANT USAGE, CREATE ON SCHEMA " + schema + " TO " + user + ";";
        Matcher denied = DENIED.matcher(message(error));
        String fix = "Run " + onSchema + " and GRANT SELECT, INSERT, UPDATE, DELETE on the table and on " + Ledger.TABLE
                + ".";
        if (denied.matches()) {
            String name = denied.group(2);
            fix = switch (denied.group(1)) {
                case "schema" -> "Run " + onSchema;
                case "database" ->
                    "Run GRANT CONNECT ON DATABASE " + Identifier.quote(configuration.database()) + " TO " + user + ";";
                case "sequence" -> "Run GRANT USAGE ON SEQUENCE " + schema + "." + quoted(name) + " TO " + user + ";";
                default ->
                    "Run GRANT SELECT, INSERT, UPDATE, DELETE ON " + schema + "." + quoted(name) + " TO " + user + ";";
            };
        }
        return user("42501", error, "The user " + user + " may not " + task.words() + ": " + message(error) + ".", fix);
    }

    private static String quoted(String name) {
        return Identifier.fits(name) ? Identifier.quote(name) : name;
    }

    private static ExportException user(String state, SQLException cause, String sentence, String fix) {
        return new ExportException(code(state), ErrorKind.USER, sentence, fix, cause);
    }

    private static ExportException transientWithFix(String state, SQLException cause, String sentence, String fix) {
        return new ExportException(code(state), ErrorKind.TRANSIENT, sentence, fix, cause);
    }

    /// What the server says, on one line, without an end and short.
    private static String message(SQLException error) {
        @Nullable ServerErrorMessage server = serverMessage(error);
        String text = server == null
                ? Objects.requireNonNullElse(error.getMessage(), "")
                : Objects.requireNonNullElse(server.getMessage(), "");
        String line = text.replaceAll("\\p{Cntrl}+", " ").strip().replaceAll("[.]+$", "");
        return line.length() > LONGEST_MESSAGE ? line.substring(0, LONGEST_MESSAGE) : line;
    }

    private static @Nullable ServerErrorMessage serverMessage(SQLException error) {
        return error instanceof PSQLException postgres ? postgres.getServerErrorMessage() : null;
    }

    /// Where it happened, without what the server said of it.
    private static SQLException withoutValues(SQLException error) {
        SQLException plain = new SQLException(code(Objects.requireNonNullElse(error.getSQLState(), "")));
        plain.setStackTrace(error.getStackTrace());
        return plain;
    }

    /// The driver's exception, of which that for a batch is only a wrapper.
    private static SQLException root(SQLException error) {
        SQLException root = error;
        for (SQLException next = error.getNextException(); next != null; next = next.getNextException()) {
            if (next instanceof PSQLException) {
                root = next;
            }
        }
        return root instanceof PSQLException || !(root.getCause() instanceof PSQLException cause) ? root : cause;
    }

    /// The deepest IOException among the causes, which says what happened on the wire.
    private static @Nullable IOException lastIOException(Throwable error) {
        IOException last = null;
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            if (cause instanceof IOException found) {
                last = found;
            }
        }
        return last;
    }
}
