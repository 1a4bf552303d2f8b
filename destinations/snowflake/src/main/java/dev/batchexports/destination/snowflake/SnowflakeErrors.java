package dev.batchexports.destination.snowflake;

import dev.batchexports.core.error.ErrorKind;
import dev.batchexports.core.error.ExportException;
import java.io.IOException;
import java.net.UnknownHostException;
import java.sql.SQLException;
import javax.net.ssl.SSLException;
import net.snowflake.client.api.exception.SnowflakeSQLException;

/// Says of every error of Snowflake who has to act on it, in a sentence, and what to change.
///
/// What counts is the error's number, and its SQL state where Snowflake has more numbers than are known
/// here. The texts are not used, for they may quote values of rows; the query's id is given instead, with
/// which Snowflake's query history shows them.
final class SnowflakeErrors {
    /// What the driver itself reports: requests and uploads that failed on the way. A refusal by a store (HTTP 403)
    /// has such a number too; Temporal bounds how long that is tried again.
    private static final int FIRST_OF_THE_DRIVER = 200_001;

    private static final int LAST_OF_THE_DRIVER = 200_999;

    private final SnowflakeConfiguration configuration;

    SnowflakeErrors(SnowflakeConfiguration configuration) {
        this.configuration = configuration;
    }

    /// Whether what was asked for does not exist, or is hidden from the role.
    static boolean isMissing(SQLException error) {
        return error.getErrorCode() == 2003 || error.getErrorCode() == 2043;
    }

    ExportException translate(SnowflakeAction action, TableName table, Exception error) {
        return switch (error) {
            case ExportException export -> export;
            case SQLException sql -> ofSql(action, table, sql);
            default ->
                new ExportException(
                        "UnexpectedError",
                        ErrorKind.INTERNAL,
                        "Could not " + action.words() + " " + table + ": "
                                + error.getClass().getSimpleName() + ".",
                        "This is not expected; please report it.",
                        error);
        };
    }

    private ExportException ofSql(SnowflakeAction action, TableName table, SQLException error) {
        String role = configuration.role() == null ? "<the user's role>" : Sql.identifier(configuration.role());
        return switch (error.getErrorCode()) {
            case 390100, 390144, 390101, 390102, 390111, 390113, 394300, 394304, 394507 -> ofLogin(error);
            case 390189, 390186, 390187 ->
                user(
                        error,
                        "The role " + configuration.role() + " does not exist, or the user " + configuration.user()
                                + " may not use it.",
                        "GRANT ROLE " + role + " TO USER " + Sql.identifier(configuration.user())
                                + "; names are case-sensitive here.");
            case 390420, 390422 ->
                user(
                        error,
                        "Snowflake's network policy does not let this worker log in.",
                        "Add the worker's address to the network policy of the account or the user.");
            case 390114, 390112, 390104, 390110, 390195 ->
                passing(error, "The session with Snowflake had expired; a new one is opened.");
            case 606 ->
                user(
                        error,
                        "The warehouse " + configuration.warehouse() + " does not exist, or the role may not use it.",
                        "GRANT USAGE ON WAREHOUSE " + warehouse() + " TO ROLE " + role
                                + "; or correct warehouse, whose name is case-sensitive here.");
            case 608, 607, 609 ->
                user(
                        error,
                        "The warehouse " + configuration.warehouse() + " is suspended and cannot be resumed.",
                        "ALTER WAREHOUSE " + warehouse() + " SET AUTO_RESUME = TRUE; or GRANT OPERATE ON WAREHOUSE "
                                + warehouse() + " TO ROLE " + role + ".");
            case 90073 ->
                user(
                        error,
                        "The warehouse " + configuration.warehouse() + " has used up the quota of its resource"
                                + " monitor.",
                        "Raise the quota of the resource monitor, or choose another warehouse.");
            case 3001, 3041, 3540 -> ofPrivilege(action, table, role, error);
            case 2003, 2043, 90105, 90106 -> ofMissing(action, table, role, error);
            case 630, 604, 625 ->
                passing(
                        error,
                        "Snowflake stopped the statement to " + action.words() + " " + table
                                + ", because of its time-out or of a lock.");
            case 90001, 1003, 1007, 1008, 904 ->
                user(
                        error,
                        "Snowflake does not accept the statement to " + action.words() + " " + table + query(error)
                                + ".",
                        "Check that the table has not been changed while it was written; if not, please report it.");
            default -> ofState(action, table, role, error);
        };
    }

    private ExportException ofState(SnowflakeAction action, TableName table, String role, SQLException error) {
        boolean isOfTheDriver =
                error.getErrorCode() >= FIRST_OF_THE_DRIVER && error.getErrorCode() <= LAST_OF_THE_DRIVER;
        if (isOfTheDriver || rootCause(error) instanceof IOException) {
            return ofConnection(error);
        }
        String state = error.getSQLState() == null ? "" : error.getSQLState();
        if (state.equals("42501")) {
            return ofPrivilege(action, table, role, error);
        }
        if (state.equals("57P03")) {
            return passing(error, "The warehouse " + configuration.warehouse() + " cannot be used just now.");
        }
        return switch (state.length() < 2 ? "" : state.substring(0, 2)) {
            case "08", "58" -> ofConnection(error);
            case "57", "40", "53", "55" ->
                passing(error, "Snowflake could not " + action.words() + " " + table + " just now.");
            case "22", "23" ->
                // The cause is left out: its text may quote a row.
                new ExportException(
                        code(error),
                        ErrorKind.USER,
                        "A value does not fit into its column of the table " + table + query(error) + ".",
                        "Look the query up in Snowflake's query history, then change the column's type or the model."
                                + " A text may have 16 MB, and a number 38 digits.");
            default ->
                new ExportException(
                        code(error),
                        ErrorKind.INTERNAL,
                        "Snowflake could not " + action.words() + " " + table + query(error) + ".",
                        "Look the code and the query up in Snowflake's documentation and query history; if it stays,"
                                + " please report it.",
                        error);
        };
    }

    private ExportException ofLogin(SQLException error) {
        return user(
                error,
                "Snowflake does not let the user " + configuration.user() + " log in.",
                configuration.usesKeyPair()
                        ? "Check account and user, and that the user has the public key of private_key: ALTER USER "
                                + Sql.identifier(configuration.user()) + " SET RSA_PUBLIC_KEY = '...'. The worker's"
                                + " clock must be right."
                        : "Check account, user and password; users with multi-factor authentication need a key pair.");
    }

    private ExportException ofPrivilege(SnowflakeAction action, TableName table, String role, SQLException error) {
        String grant = switch (action) {
            case LOG_IN, USE_WAREHOUSE -> "GRANT USAGE ON WAREHOUSE " + warehouse() + " TO ROLE " + role;
            case FIND_DATABASE -> "GRANT USAGE ON DATABASE " + table.databaseSql() + " TO ROLE " + role;
            case FIND_SCHEMA, UPLOAD, LIST_FILES, REMOVE_FILES ->
                "GRANT USAGE ON SCHEMA " + table.schemaSql() + " TO ROLE " + role;
            case CREATE_TABLE, CREATE_LOAD_TABLE, LOAD ->
                "GRANT USAGE, CREATE TABLE ON SCHEMA " + table.schemaSql() + " TO ROLE " + role;
            case FIND_TABLE, READ_TABLE, WRITE_TABLE, COMMIT ->
                "GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE " + table.sql() + " TO ROLE " + role;
            case DROP_TABLE -> "GRANT OWNERSHIP ON TABLE " + table.sql() + " TO ROLE " + role;
        };
        return user(
                error,
                "The role " + (configuration.role() == null ? "of the user" : configuration.role()) + " may not "
                        + action.words() + " " + table + ".",
                grant + ".");
    }

    private ExportException ofMissing(SnowflakeAction action, TableName table, String role, SQLException error) {
        String database = "the database " + table.database();
        return switch (action) {
            case LOG_IN, USE_WAREHOUSE ->
                user(
                        error,
                        "The warehouse " + configuration.warehouse() + " does not exist, or the role may not use it.",
                        "GRANT USAGE ON WAREHOUSE " + warehouse() + " TO ROLE " + role
                                + "; or correct warehouse, whose name is case-sensitive here.");
            case FIND_DATABASE ->
                user(
                        error,
                        "There is no database " + table.database() + ", or the role may not use it.",
                        "GRANT USAGE ON DATABASE " + table.databaseSql() + " TO ROLE " + role
                                + "; or correct database, whose name is case-sensitive here.");
            case FIND_SCHEMA, CREATE_TABLE, CREATE_LOAD_TABLE, UPLOAD, LIST_FILES, REMOVE_FILES ->
                user(
                        error,
                        "There is no schema " + table.schema() + " in " + database + ", or the role may not use it.",
                        "GRANT USAGE ON DATABASE " + table.databaseSql() + " TO ROLE " + role + "; GRANT USAGE, CREATE"
                                + " TABLE ON SCHEMA " + table.schemaSql() + " TO ROLE " + role
                                + "; or correct database and schema, whose names are case-sensitive here.");
            case FIND_TABLE, READ_TABLE, WRITE_TABLE, DROP_TABLE, LOAD, COMMIT ->
                user(
                        error,
                        "Something that is needed to " + action.words() + " " + table
                                + " does not exist, or the role may not see it" + query(error) + ".",
                        "GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE " + table.sql() + " TO ROLE " + role
                                + "; the table must not be dropped or changed while it is written.");
        };
    }

    private ExportException ofConnection(SQLException error) {
        String host = configuration.endpoint().getHost();
        return switch (rootCause(error)) {
            case UnknownHostException unknown ->
                new ExportException(
                        "UnknownHost",
                        ErrorKind.TRANSIENT,
                        "The host " + host + " cannot be found.",
                        "Check account or endpoint_url, and that the worker can resolve names.",
                        error);
            case SSLException tls ->
                new ExportException(
                        "TlsFailed",
                        ErrorKind.TRANSIENT,
                        "No trusted TLS connection to " + host + " could be made.",
                        "Check account or endpoint_url, and that the worker trusts the certificate.",
                        error);
            default ->
                new ExportException(
                        "ConnectionFailed",
                        ErrorKind.TRANSIENT,
                        "The connection to " + host + " failed or was refused.",
                        "If it does not pass by itself, check account or endpoint_url, and the network between the"
                                + " worker and Snowflake.",
                        error);
        };
    }

    private static ExportException user(SQLException cause, String sentence, String fix) {
        return new ExportException(code(cause), ErrorKind.USER, sentence, fix, cause);
    }

    private static ExportException passing(SQLException cause, String sentence) {
        return ExportException.passing(code(cause), sentence, cause);
    }

    /// Snowflake's own number: `Snowflake.002003`.
    private static String code(SQLException error) {
        return "Snowflake.%06d".formatted(Math.abs(error.getErrorCode()));
    }

    private String warehouse() {
        return Sql.identifier(configuration.warehouse());
    }

    private static String query(SQLException error) {
        String id = error instanceof SnowflakeSQLException snowflake ? snowflake.getQueryId() : null;
        return " (" + code(error) + (id == null || !id.matches("[\\w-]{8,64}") ? "" : ", query " + id) + ")";
    }

    /// The deepest cause, which says what happened on the wire.
    private static Throwable rootCause(Throwable error) {
        Throwable root = error;
        for (Throwable cause = error.getCause(); cause != null; cause = cause.getCause()) {
            root = cause;
        }
        return root;
    }
}
