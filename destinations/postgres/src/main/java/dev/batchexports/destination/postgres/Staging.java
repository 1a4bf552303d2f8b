package dev.batchexports.destination.postgres;

import dev.batchexports.core.run.RunKey;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The staging tables of a run, which stand in the schema of the target: every attempt to write a slice
/// makes one of its own, `_batch_exports_<run>_<slice>_<token>`, so that two attempts never mix.
///
/// They are UNLOGGED: their rows are not written twice to the log of the server, which a crash of the
/// server empties them for. The commit compares what it finds with the receipts, and has the slices
/// written again. They are made and filled in one transaction, so a torn one never shows.
final class Staging {
    /// What all names of ours begin with.
    static final String RESERVED = "_batch_exports_";

    private static final Logger LOG = LoggerFactory.getLogger(Staging.class);
    private static final Pattern NAME = Pattern.compile(RESERVED + "[0-9a-f]{32}_\\d+_[0-9a-f]{8}");
    private static final Pattern COMMENT =
            Pattern.compile("Staged by Batch Exports at (\\S+)(?: for (\\S+ \\S+), generation (\\d{1,18}))?");
    private static final int TOKEN_LENGTH = 8;

    /// A run that is older than this and still at work writes its slices again.
    private static final Duration LONGEST_LIFE = Duration.ofDays(7);

    /// So many at a time, since each takes several of the server's limited locks.
    private static final int DROPPED_TOGETHER = 100;

    private final String schema;
    private final String prefix;
    private final RunKey run;
    private final Patience patience;

    Staging(String schema, RunKey run, Patience patience) {
        this.schema = schema;
        this.prefix = RESERVED + run.runId().toString().replace("-", "") + "_";
        this.run = run;
        this.patience = patience;
    }

    static boolean isReserved(String name) {
        return name.startsWith(RESERVED);
    }

    /// A name that no attempt has had yet.
    String newName(int slice) {
        return prefix + slice + "_" + UUID.randomUUID().toString().substring(0, TOKEN_LENGTH);
    }

    /// Whether a receipt's word for its table can be one of this run's.
    boolean isOfRun(String name) {
        return name.startsWith(prefix) && NAME.matcher(name).matches();
    }

    String qualified(String name) {
        return Identifier.qualify(schema, name);
    }

    /// Creates a table that takes what the target takes, and has the rows as the target is to have them: then
    /// they are moved as they are, which takes a quarter less time than making them anew with one column more.
    ///
    /// @param commit the number of the run
    String creation(String name, Collection<String> columns, String target, long commit, Instant now) {
        String commitColumn = Identifier.quote(TargetTable.COMMIT_COLUMN);
        return "CREATE UNLOGGED TABLE " + qualified(name) + " WITH (autovacuum_enabled = false) AS SELECT "
                + Identifier.quote(columns) + ", " + commitColumn + " FROM " + target + " WITH NO DATA; ALTER TABLE "
                + qualified(name) + " ALTER COLUMN " + commitColumn + " SET DEFAULT " + commit + "; COMMENT ON TABLE "
                + qualified(name) + " IS 'Staged by Batch Exports at " + now + " for " + subject() + ", generation "
                + run.generation() + "'";
    }

    private String subject() {
        return run.exportId() + " " + run.interval();
    }

    /// The tables of the run.
    Set<String> names(Connection connection) throws SQLException {
        return standing(connection).stream()
                .map(Table::name)
                .filter(this::isOfRun)
                .collect(Collectors.toCollection(HashSet::new));
    }

    /// Drops the tables of the run and of earlier runs of the interval, one that was cancelled while it
    /// committed for example, and what workers that were lost for good left of others long ago.
    ///
    /// @param connection in auto-commit mode
    void drop(Connection connection) throws SQLException {
        Instant old = Instant.now().minus(LONGEST_LIFE);
        List<String> names = new ArrayList<>();
        for (Table table : standing(connection)) {
            if (isOfRun(table.name()) || isOfEarlierRun(table)) {
                names.add(table.name());
            } else if (table.isOlderThan(old)) {
                LOG.warn("Dropping {}.{}, which a lost worker left behind", schema, table.name());
                names.add(table.name());
            }
        }
        for (int first = 0; first < names.size(); first += DROPPED_TOGETHER) {
            List<String> some = names.subList(first, Math.min(names.size(), first + DROPPED_TOGETHER));
            Transaction.begin(connection);
            Transaction.execute(
                    connection,
                    Transaction.settings(patience, patience.request()) + "DROP TABLE IF EXISTS "
                            + some.stream().map(this::qualified).collect(Collectors.joining(", ")));
            Transaction.commit(connection);
        }
    }

    private boolean isOfEarlierRun(Table table) {
        Matcher staged = COMMENT.matcher(table.comment());
        return staged.matches()
                && subject().equals(staged.group(2))
                && Long.parseLong(staged.group(3)) < run.generation();
    }

    private record Table(String name, String comment) {
        boolean isOlderThan(Instant time) {
            Matcher staged = COMMENT.matcher(comment);
            if (!staged.matches()) {
                return false;
            }
            try {
                return Instant.parse(staged.group(1)).isBefore(time);
            } catch (DateTimeParseException e) {
                return false;
            }
        }
    }

    /// Staging tables of any run that we may drop.
    private List<Table> standing(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("""
                SELECT c.relname, coalesce(obj_description(c.oid, 'pg_class'), '')
                FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE n.nspname = ? AND c.relkind = 'r' AND starts_with(c.relname, ?)
                  AND pg_has_role(c.relowner, 'USAGE')""")) {
            statement.setString(1, schema);
            statement.setString(2, RESERVED);
            List<Table> tables = new ArrayList<>();
            try (ResultSet found = statement.executeQuery()) {
                while (found.next()) {
                    if (NAME.matcher(found.getString(1)).matches()) {
                        tables.add(new Table(found.getString(1), found.getString(2)));
                    }
                }
            }
            return tables;
        }
    }
}
