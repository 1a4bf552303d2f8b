package dev.batchexports.destination.snowflake;

import dev.batchexports.core.destination.Destination;
import dev.batchexports.core.destination.TransferContext;
import dev.batchexports.testkit.DestinationHarness;
import dev.batchexports.testkit.FaultyProxy;
import dev.batchexports.testkit.SampleRow;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.opentest4j.TestAbortedException;

/// Snowflake for the contract: the stand-in, or a real account, whose connection nobody can break.
final class SnowflakeHarness implements DestinationHarness {
    private final Optional<FaultyProxy> front;
    private final Map<String, Object> parameters;
    private final Rerun rerun;

    private SnowflakeHarness(Optional<FaultyProxy> front, Map<String, Object> parameters, Rerun rerun) {
        this.front = front;
        this.parameters = parameters;
        this.rerun = rerun;
    }

    static SnowflakeHarness ofStandIn(TestAccount account, Map<String, Object> parameters, Rerun rerun) {
        return new SnowflakeHarness(Optional.of(account.front()), parameters, rerun);
    }

    static SnowflakeHarness ofAccount(Map<String, Object> parameters, Rerun rerun) {
        return new SnowflakeHarness(Optional.empty(), parameters, rerun);
    }

    private FaultyProxy front() {
        return front.orElseThrow(
                () -> new TestAbortedException("the connection to a real account cannot be broken: it is TLS"));
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
        return TestAccount.open(parameters);
    }

    @Override
    public Destination openAt(InetSocketAddress address) {
        return TestAccount.open(TestAccount.with(parameters, "endpoint_url", TestAccount.url(address)));
    }

    @Override
    public Destination openWithWrongSecret() {
        if (parameters.containsKey("password")) {
            return TestAccount.open(TestAccount.with(parameters, "password", TestAccount.WRONG_PASSWORD));
        }
        return TestAccount.open(TestAccount.with(
                parameters,
                "private_key",
                TestAccount.pem("PRIVATE KEY", TestAccount.newKey().getPrivate().getEncoded())));
    }

    @Override
    public Destination openWithMissingTarget() {
        return TestAccount.open(TestAccount.with(parameters, "database", "NO_SUCH_DATABASE"));
    }

    @Override
    public InetSocketAddress address() {
        return front().address();
    }

    @Override
    public List<String> secrets() {
        return Stream.of(
                        parameters.get("password"),
                        parameters.get("private_key"),
                        parameters.get("private_key_passphrase"),
                        TestAccount.WRONG_PASSWORD)
                .filter(Objects::nonNull)
                .map(Object::toString)
                // Of a key, a line is enough to give it away.
                .map(secret ->
                        secret.startsWith("-----") ? secret.lines().toList().get(1) : secret)
                .toList();
    }

    @Override
    public void stopStore() {
        front().inject(new FaultyProxy.Fault.Outage());
    }

    @Override
    public void startStore() {
        front().heal();
    }

    @Override
    public List<SampleRow> visibleRows(TransferContext context) {
        return query("SELECT \"id\" AS \"id\", \"text\" AS \"text\"" + reader().isOfInterval(context)).stream()
                .map(row -> new SampleRow(row.number("id"), row.text("text")))
                .toList();
    }

    @Override
    public List<String> visibleNames(TransferContext context) {
        return query("SELECT DISTINCT \"_batch_exports_commit\" AS \"run\"" + reader().isOfInterval(context)).stream()
                .map(row -> row.text("run"))
                .sorted()
                .toList();
    }

    @Override
    public List<String> leftovers(TransferContext context) {
        List<String> leftovers = new ArrayList<>(query("LIST '@~/" + folder(context) + "'").stream()
                .map(row -> row.text("name"))
                .toList());
        query("SELECT \"run_id\" AS \"run\" FROM "
                        + reader().configuration()
                                .table(context.modelName())
                                .sibling(Ledger.NAME)
                                .sql()
                        + " WHERE \"committed_at\" IS NULL AND \"table_name\" = " + Sql.text(context.modelName()))
                .forEach(row -> leftovers.add("uncommitted run " + row.text("run")));
        return leftovers;
    }

    @Override
    public void expireLeftovers(TransferContext context) {
        List<Session.Row> _ = query("REMOVE '@~/" + folder(context) + "'");
    }

    private static String folder(TransferContext context) {
        return "batch-exports/" + context.run().exportId() + "/";
    }

    private TestAccount.Reader reader() {
        return new TestAccount.Reader(TestAccount.configuration(parameters));
    }

    private List<Session.Row> query(String sql) {
        try {
            return reader().query(sql);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
