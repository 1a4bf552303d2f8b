package dev.batchexports.destination.snowflake;

import dev.batchexports.core.destination.TestStep;
import dev.batchexports.core.error.ExportException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Tries every right that an export needs, with a table and a file of its own, and removes them again.
final class SnowflakeConnectionTester {
    private static final Set<String> CONNECTION_CODES = Set.of("UnknownHost", "ConnectionFailed", "TlsFailed");
    private static final String MARK = "Batch Exports was here.";

    private final SnowflakeConfiguration configuration;
    private final Sessions sessions;
    private final TableName probe;
    private final String folder = "batch-exports/connection-test/" + UUID.randomUUID() + "/";
    private final List<TestStep> steps = new ArrayList<>();
    private @Nullable Step failed;

    SnowflakeConnectionTester(SnowflakeConfiguration configuration, Sessions sessions) {
        this.configuration = configuration;
        this.sessions = sessions;
        this.probe = new TableName(
                configuration.database(), configuration.schema(), "_batch_exports_test_" + UUID.randomUUID());
    }

    private enum Step {
        CONNECT("connect", "Open a connection to the account"),
        AUTHENTICATE("authenticate", "Log in with the credentials and the role"),
        WAREHOUSE("warehouse", "Run a query in the warehouse"),
        DATABASE("database", "Find the database"),
        SCHEMA("schema", "Find the schema"),
        CREATE("create", "Create a test table"),
        WRITE("write", "Insert a row into the test table, update it and delete another"),
        READ("read", "Read the row back and compare it"),
        DROP("drop", "Drop the test table"),
        STAGE("stage", "Upload a file to the user's stage, find it and remove it");

        private final String word;
        private final String description;

        Step(String word, String description) {
            this.word = word;
            this.description = description;
        }
    }

    private interface Attempt {
        /// @throws ExportException when the step failed
        void run() throws InterruptedException, IOException;
    }

    List<TestStep> run() {
        try (Session session = sessions.open(probe, "batch-exports-connection-test", Duration.ofMinutes(1))) {
            pass(Step.CONNECT);
            pass(Step.AUTHENTICATE);
            attempt(Step.WAREHOUSE, () -> useWarehouse(session));
            attempt(
                    Step.DATABASE,
                    () -> session.run(
                            SnowflakeAction.FIND_DATABASE, "SHOW SCHEMAS IN DATABASE " + probe.databaseSql()));
            attempt(
                    Step.SCHEMA,
                    () -> session.run(SnowflakeAction.FIND_SCHEMA, "SHOW TABLES IN SCHEMA " + probe.schemaSql()));
            attempt(
                    Step.CREATE,
                    () -> session.run(
                            SnowflakeAction.CREATE_TABLE,
                            "CREATE TABLE " + probe.sql() + " (\"id\" NUMBER(10,0), \"text\" VARCHAR)"));
            boolean isCreated = failed == null;
            attempt(Step.WRITE, () -> write(session));
            attempt(Step.READ, () -> read(session));
            if (isCreated && failed != null) {
                drop(session);
            }
            attempt(Step.DROP, () -> session.run(SnowflakeAction.DROP_TABLE, "DROP TABLE " + probe.sql()));
            attempt(Step.STAGE, () -> stage(session));
        } catch (ExportException e) {
            if (CONNECTION_CODES.contains(e.code())) {
                fail(Step.CONNECT, e);
            } else {
                pass(Step.CONNECT);
                fail(Step.AUTHENTICATE, e);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            fail(Step.CONNECT, ExportException.passing("Interrupted", "The test was interrupted.", e));
        }
        Arrays.stream(Step.values())
                .skip(steps.size())
                .forEach(step -> steps.add(TestStep.skipped(step.word, step.description)));
        return List.copyOf(steps);
    }

    private void useWarehouse(Session session) throws InterruptedException {
        session.run(SnowflakeAction.USE_WAREHOUSE, "USE WAREHOUSE " + Sql.identifier(configuration.warehouse()));
    }

    private void write(Session session) throws InterruptedException {
        session.run(SnowflakeAction.WRITE_TABLE, "INSERT INTO " + probe.sql() + " VALUES (1, ''), (2, '')");
        session.run(
                SnowflakeAction.WRITE_TABLE,
                "UPDATE " + probe.sql() + " SET \"text\" = " + Sql.text(MARK) + " WHERE \"id\" = 1");
        session.run(SnowflakeAction.WRITE_TABLE, "DELETE FROM " + probe.sql() + " WHERE \"id\" = 2");
    }

    private void read(Session session) throws InterruptedException {
        List<Session.Row> rows =
                session.query(SnowflakeAction.READ_TABLE, "SELECT \"text\" AS \"text\" FROM " + probe.sql());
        if (rows.size() != 1 || !rows.getFirst().text("text").equals(MARK)) {
            throw unexpected("The test table did not hold what was written to it.");
        }
    }

    private void stage(Session session) throws InterruptedException, IOException {
        Path file = Files.createTempFile("batch-exports-test-", ".txt");
        try {
            Files.writeString(file, MARK);
            session.upload(file, folder);
        } finally {
            Files.delete(file);
        }
        String list = "LIST '@~/" + folder + "'";
        if (session.query(SnowflakeAction.LIST_FILES, list).size() != 1) {
            throw unexpected("The test file was not on the stage after it was uploaded.");
        }
        session.run(SnowflakeAction.REMOVE_FILES, "REMOVE '@~/" + folder + "'");
        if (!session.query(SnowflakeAction.LIST_FILES, list).isEmpty()) {
            throw unexpected("The test file was still on the stage after it was removed.");
        }
    }

    private void drop(Session session) {
        Optional<ExportException> _ =
                failureOf(() -> session.run(SnowflakeAction.DROP_TABLE, "DROP TABLE IF EXISTS " + probe.sql()));
    }

    private void attempt(Step step, Attempt attempt) {
        if (failed == null) {
            failureOf(attempt).ifPresentOrElse(failure -> fail(step, failure), () -> pass(step));
        }
    }

    private void pass(Step step) {
        steps.add(TestStep.passed(step.word, step.description));
    }

    private void fail(Step step, ExportException failure) {
        failed = step;
        steps.add(TestStep.failed(
                step.word, step.description, failure.code() + ": " + failure.sentence(), failure.fix()));
    }

    private static Optional<ExportException> failureOf(Attempt attempt) {
        try {
            attempt.run();
            return Optional.empty();
        } catch (ExportException e) {
            return Optional.of(e);
        } catch (IOException e) {
            return Optional.of(ExportException.passing(
                    "SpoolFailed", "A file could not be written to the temporary folder of the server.", e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.of(ExportException.passing("Interrupted", "The test was interrupted.", e));
        }
    }

    private static ExportException unexpected(String sentence) {
        return ExportException.user(
                "AccountIncompatible", sentence, "Check that endpoint_url leads to Snowflake itself.");
    }
}
