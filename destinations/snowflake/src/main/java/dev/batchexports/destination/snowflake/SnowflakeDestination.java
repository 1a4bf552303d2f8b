package dev.batchexports.destination.snowflake;

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

/// An account, open. Thread-safe; it holds no connection: every transfer logs in for what it does.
final class SnowflakeDestination implements Destination {
    /// Snowflake advises 100 to 250 MB: smaller files cost overhead, bigger ones parallelism.
    private static final long MAX_FILE_BYTES = 200L << 20;

    private final SnowflakeConfiguration configuration;
    private final SnowflakeErrors errors;
    private final Sessions sessions;
    private final Spool spool;

    SnowflakeDestination(SnowflakeConfiguration configuration, DestinationLimits limits, Spool spool) {
        this.configuration = configuration;
        this.spool = spool;
        this.errors = new SnowflakeErrors(configuration);
        this.sessions = new Sessions(configuration, limits, errors);
    }

    @Override
    public List<TestStep> connectionTest() {
        return new SnowflakeConnectionTester(configuration, sessions).run();
    }

    @Override
    public Encoding encoding() {
        return new Encoding(FileFormat.PARQUET, Compression.ZSTD);
    }

    @Override
    public OptionalLong maxFileBytes() {
        return OptionalLong.of(MAX_FILE_BYTES);
    }

    @Override
    public Transfer begin(TransferContext context) {
        return new SnowflakeTransfer(sessions, spool, configuration.table(context.modelName()), context);
    }

    @Override
    public void close() {
        // Every session was closed by whoever opened it.
    }
}
