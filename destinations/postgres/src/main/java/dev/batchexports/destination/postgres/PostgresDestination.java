package dev.batchexports.destination.postgres;

import dev.batchexports.core.destination.Destination;
import dev.batchexports.core.destination.DestinationLimits;
import dev.batchexports.core.destination.TestStep;
import dev.batchexports.core.destination.Transfer;
import dev.batchexports.core.destination.TransferContext;
import dev.batchexports.core.source.Compression;
import dev.batchexports.core.source.Encoding;
import dev.batchexports.core.source.FileFormat;
import java.util.List;
import java.util.OptionalLong;

/// A database, as good as open. Thread-safe; each task has a connection of its own.
final class PostgresDestination implements Destination {
    private final PostgresConfiguration configuration;
    private final Patience patience;
    private final PostgresServer server;

    PostgresDestination(PostgresConfiguration configuration, DestinationLimits limits) {
        this.configuration = configuration;
        this.patience = new Patience(limits.requestTimeout());
        this.server = new PostgresServer(configuration, new PostgresErrors(configuration), limits.hosts(), patience);
    }

    @Override
    public List<TestStep> connectionTest() {
        return new PostgresConnectionTester(server, configuration, patience).run();
    }

    @Override
    public Encoding encoding() {
        return new Encoding(FileFormat.TAB_SEPARATED, Compression.NONE);
    }

    @Override
    public OptionalLong maxFileBytes() {
        return OptionalLong.empty();
    }

    @Override
    public Transfer begin(TransferContext context) {
        return new PostgresTransfer(
                server, configuration.schema(), configuration.tableFor(context.modelName()), context, patience);
    }

    @Override
    public void close() {
        // There is no connection between tasks.
    }
}
