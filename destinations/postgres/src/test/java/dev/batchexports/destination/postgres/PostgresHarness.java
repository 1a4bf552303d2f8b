package dev.batchexports.destination.postgres;

import dev.batchexports.core.destination.Destination;
import dev.batchexports.core.destination.TransferContext;
import dev.batchexports.core.interval.Interval;
import dev.batchexports.testkit.DestinationHarness;
import dev.batchexports.testkit.SampleRow;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Objects;

/// PostgreSQL for the contract. A reader reads the table; which rows are of the context's interval, the
/// ledger says.
final class PostgresHarness implements DestinationHarness {
    private final Database database;
    private final Rerun rerun;
    private final String schema;

    PostgresHarness(Database database, Rerun rerun) {
        this.database = database;
        this.rerun = rerun;
        this.schema = database.newSchema();
    }

    @Override
    public Rerun rerun() {
        return rerun;
    }

    @Override
    public boolean merges() {
        return true;
    }

    @Override
    public Destination open() {
        return Database.open(database.configuration(schema));
    }

    @Override
    public Destination openAt(InetSocketAddress address) {
        return Database.open(configuration(address, database.name(), database.password()), Database.SHORT_LIMITS);
    }

    @Override
    public Destination openWithWrongSecret() {
        return Database.open(configuration(address(), database.name(), Database.WRONG_SECRET));
    }

    @Override
    public Destination openWithMissingTarget() {
        return Database.open(configuration(address(), "no such database", database.password()));
    }

    private PostgresConfiguration configuration(InetSocketAddress address, String name, String password) {
        return database.configuration(
                schema, address, name, database.connections().databaseUser(), password);
    }

    @Override
    public InetSocketAddress address() {
        return database.address();
    }

    @Override
    public List<String> secrets() {
        return List.of(database.password(), Database.WRONG_SECRET);
    }

    @Override
    public void stopStore() {
        database.stopServer();
    }

    @Override
    public void startStore() {
        database.startServer();
    }

    @Override
    public List<SampleRow> visibleRows(TransferContext context) {
        if (!exists(context.modelName())) {
            return List.of();
        }
        Interval interval = context.run().interval();
        String ofInterval = exists(Ledger.TABLE)
                ? " JOIN " + Identifier.qualify(schema, Ledger.TABLE) + " ON commit_id = " + TargetTable.COMMIT_COLUMN
                        + " WHERE interval_start = '" + interval.start() + "' AND interval_end = '" + interval.end()
                        + "'"
                : "";
        return database
                .query("SELECT id, text FROM " + Identifier.qualify(schema, context.modelName()) + ofInterval)
                .stream()
                .map(row -> new SampleRow(
                        Long.parseLong(Objects.requireNonNull(row.get(0))), Objects.requireNonNull(row.get(1))))
                .toList();
    }

    @Override
    public List<String> visibleNames(TransferContext context) {
        return exists(context.modelName())
                ? database.column("SELECT id || ' of commit ' || coalesce(" + TargetTable.COMMIT_COLUMN
                        + "::text, 'none') FROM " + Identifier.qualify(schema, context.modelName()) + " ORDER BY 1")
                : List.of();
    }

    @Override
    public List<String> leftovers(TransferContext context) {
        return tables().stream()
                .filter(name -> name.startsWith(Staging.RESERVED) && !name.equals(Ledger.TABLE))
                .toList();
    }

    @Override
    public void expireLeftovers(TransferContext context) {
        leftovers(context).forEach(name -> database.run("DROP TABLE " + Identifier.qualify(schema, name)));
    }

    private boolean exists(String table) {
        return tables().contains(table);
    }

    private List<String> tables() {
        return database.column("SELECT tablename FROM pg_tables WHERE schemaname = '" + schema + "'");
    }
}
