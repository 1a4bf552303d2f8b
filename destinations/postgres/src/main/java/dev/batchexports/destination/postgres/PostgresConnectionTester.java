package dev.batchexports.destination.postgres;

import dev.batchexports.core.destination.TestStep;
import dev.batchexports.core.error.ExportException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;

/// Tries every right that an export needs, with a table of its own in the schema, and drops it again.
final class PostgresConnectionTester {
    private static final Set<String> AUTHENTICATION_CODES =
            Set.of("invalid_password", "invalid_authorization_specification");
    private static final String CONTENT = "Batch Exports was here.";

    private final PostgresServer server;
    private final PostgresConfiguration configuration;
    private final Patience patience;
    private final String table;
    private final List<TestStep> steps = new ArrayList<>();

    PostgresConnectionTester(PostgresServer server, PostgresConfiguration configuration, Patience patience) {
        this.server = server;
        this.configuration = configuration;
        this.patience = patience;
        this.table = Identifier.qualify(
                configuration.schema(),
                Staging.RESERVED + "test_" + UUID.randomUUID().toString().replace("-", ""));
    }

    private enum Step {
        CONNECT("connect", "Open a connection to the server"),
        AUTHENTICATE("authenticate", "Log in as the user"),
        DATABASE("database", "Enter the database"),
        SCHEMA("schema", "Find the schema, and the table's rights if it is there"),
        CREATE("create", "Create a test table in the schema"),
        WRITE("write", "Copy a row into the test table"),
        READ("read", "Read the row back and compare it"),
        DROP("drop", "Drop the test table");

        private final String word;
        private final String description;

        Step(String word, String description) {
            this.word = word;
            this.description = description;
        }
    }

    private interface Attempt {
        void with(Connection connection) throws SQLException;
    }

    List<TestStep> run() {
        if (reach()) {
            attempt(Step.SCHEMA, this::schema);
            attempt(Step.CREATE, this::create);
            boolean isCreated = !hasFailed();
            attempt(Step.WRITE, this::write);
            attempt(Step.READ, this::read);
            if (isCreated && hasFailed()) {
                Optional<ExportException> _ = failureOf(Step.DROP, this::drop);
            }
            attempt(Step.DROP, this::drop);
        }
        Arrays.stream(Step.values())
                .skip(steps.size())
                .forEach(step -> steps.add(TestStep.skipped(step.word, step.description)));
        return List.copyOf(steps);
    }

    /// One log-in tells three steps apart by how it fails.
    private boolean reach() {
        Optional<ExportException> failure = failureOf(Step.CONNECT, connection -> {});
        @Nullable Step failed = failure.map(PostgresConnectionTester::stepOf).orElse(null);
        for (Step step : List.of(Step.CONNECT, Step.AUTHENTICATE, Step.DATABASE)) {
            if (step == failed) {
                fail(step, failure.get());
                return false;
            }
            steps.add(TestStep.passed(step.word, step.description));
        }
        return true;
    }

    private static Step stepOf(ExportException failure) {
        if (AUTHENTICATION_CODES.contains(failure.code())) {
            return Step.AUTHENTICATE;
        }
        return Set.of("invalid_catalog_name", "insufficient_privilege").contains(failure.code())
                ? Step.DATABASE
                : Step.CONNECT;
    }

    private void schema(Connection connection) throws SQLException {
        String schema = configuration.schema();
        try (PreparedStatement statement = connection.prepareStatement("""
                SELECT has_schema_privilege(n.oid, 'USAGE') AND has_schema_privilege(n.oid, 'CREATE'),
                    c.oid IS NULL OR (has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')
                        AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE'))
                FROM pg_namespace n LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = ?
                WHERE n.nspname = ?""")) {
            statement.setString(1, configuration.tableName());
            statement.setString(2, schema);
            try (ResultSet found = statement.executeQuery()) {
                if (!found.next()) {
                    throw TargetTable.missingSchema(schema);
                }
                String user = Identifier.quote(configuration.user());
                if (!found.getBoolean(1)) {
                    throw ExportException.user(
                            "insufficient_privilege",
                            "The user " + user + " may not use the schema " + Identifier.quote(schema)
                                    + " or create tables in it.",
                            "Run GRANT USAGE, CREATE ON SCHEMA " + Identifier.quote(schema) + " TO " + user + ";");
                }
                if (!found.getBoolean(2)) {
                    String target = Identifier.qualify(schema, configuration.tableName());
                    throw ExportException.user(
                            "insufficient_privilege",
                            "The user " + user + " may not read and change the table " + target + ".",
                            "Run GRANT SELECT, INSERT, UPDATE, DELETE ON " + target + " TO " + user + ";");
                }
            }
        }
    }

    private void create(Connection connection) throws SQLException {
        execute(connection, "CREATE UNLOGGED TABLE " + table + " (content text)");
    }

    private void write(Connection connection) throws SQLException {
        byte[] row = (CONTENT + "\n").getBytes(StandardCharsets.UTF_8);
        CopyIn copy = connection
                .unwrap(PGConnection.class)
                .getCopyAPI()
                .copyIn("COPY " + table + " FROM STDIN (FORMAT text, ENCODING 'UTF8')");
        copy.writeToCopy(row, 0, row.length);
        copy.endCopy();
    }

    private void read(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT content FROM " + table)) {
            if (!rows.next() || !CONTENT.equals(rows.getString(1)) || rows.next()) {
                throw ExportException.user(
                        "DatabaseIncompatible",
                        "The test table held something else than was written.",
                        "Check that " + configuration.address() + " is PostgreSQL and answers consistently.");
            }
        }
    }

    private void drop(Connection connection) throws SQLException {
        execute(connection, "DROP TABLE IF EXISTS " + table);
    }

    private void execute(Connection connection, String sql) throws SQLException {
        Transaction.begin(connection);
        Transaction.execute(connection, Transaction.settings(patience, patience.request()) + sql);
        Transaction.commit(connection);
    }

    private boolean hasFailed() {
        return steps.stream().anyMatch(step -> step.status() == TestStep.Status.FAILED);
    }

    private void attempt(Step step, Attempt attempt) {
        if (!hasFailed()) {
            failureOf(step, attempt)
                    .ifPresentOrElse(
                            failure -> fail(step, failure),
                            () -> steps.add(TestStep.passed(step.word, step.description)));
        }
    }

    private void fail(Step step, ExportException failure) {
        steps.add(TestStep.failed(
                step.word, step.description, failure.code() + ": " + failure.sentence(), failure.fix()));
    }

    private Optional<ExportException> failureOf(Step step, Attempt attempt) {
        try {
            server.run(new Task(Task.APPLICATION + " test", words(step)), connection -> {
                attempt.with(connection);
                return step;
            });
            return Optional.empty();
        } catch (ExportException e) {
            return Optional.of(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.of(ExportException.passing("Interrupted", "The test was interrupted.", e));
        }
    }

    private static String words(Step step) {
        return step.description.substring(0, 1).toLowerCase(Locale.ROOT) + step.description.substring(1);
    }
}
