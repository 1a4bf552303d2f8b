package dev.batchexports.destination.s3;

import dev.batchexports.core.destination.Destination;
import dev.batchexports.core.destination.DestinationLimits;
import dev.batchexports.core.destination.DestinationType;

/// Files in an S3 bucket, of AWS or of a compatible store.
public final class S3DestinationType implements DestinationType<S3Configuration> {
    private final HttpClients clients = new HttpClients();

    @Override
    public String name() {
        return "S3";
    }

    @Override
    public String workflowType() {
        return "s3-export";
    }

    @Override
    public Class<S3Configuration> configurationType() {
        return S3Configuration.class;
    }

    @Override
    public boolean alwaysReplaces() {
        return true;
    }

    @Override
    public Destination open(S3Configuration configuration, DestinationLimits limits) {
        return new S3Destination(configuration, limits, clients);
    }
}
