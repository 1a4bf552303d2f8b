package dev.batchexports.destination.s3;

import dev.batchexports.core.destination.Destination;
import dev.batchexports.core.destination.DestinationLimits;
import dev.batchexports.core.destination.TestStep;
import dev.batchexports.core.destination.TransferContext;
import dev.batchexports.core.source.Encoding;
import java.time.Clock;
import java.util.List;
import java.util.OptionalLong;

/// An open bucket. Thread-safe.
final class S3Destination implements Destination {
    private final S3Configuration configuration;
    private final DestinationLimits limits;
    private final S3Connection connection;
    private final S3Bucket bucket;

    S3Destination(S3Configuration configuration, DestinationLimits limits, HttpClients clients) {
        this.configuration = configuration;
        this.limits = limits;
        this.connection = S3Connection.open(configuration, limits, clients);
        this.bucket = new S3Bucket(connection.client(), configuration);
    }

    @Override
    public List<TestStep> connectionTest() {
        return new S3ConnectionTester(bucket, configuration).run();
    }

    @Override
    public Encoding encoding() {
        return configuration.encoding();
    }

    @Override
    public OptionalLong maxFileBytes() {
        return configuration.maxFileBytes();
    }

    @Override
    public void announceEmpty(List<TransferContext> intervals) throws InterruptedException {
        List<S3Transfer> _ = Parallel.map(intervals, context -> {
            S3Transfer transfer = begin(context);
            transfer.announceEmpty();
            return transfer;
        });
    }

    @Override
    public S3Transfer begin(TransferContext context) {
        IntervalKeys keys = new IntervalKeys(
                configuration.prefixTemplate(),
                context.run().interval(),
                context.modelName(),
                encoding(),
                context.sliceCount());
        return new S3Transfer(
                bucket, new SliceWriter(bucket, limits.bufferBytes()), keys, context, encoding(), Clock.systemUTC());
    }

    @Override
    public void close() {
        connection.close();
    }
}
