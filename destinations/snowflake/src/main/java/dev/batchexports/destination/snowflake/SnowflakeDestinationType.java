package dev.batchexports.destination.snowflake;

import dev.batchexports.core.destination.Destination;
import dev.batchexports.core.destination.DestinationLimits;
import dev.batchexports.core.destination.DestinationType;
import java.nio.file.Path;

/// A table in Snowflake.
public final class SnowflakeDestinationType implements DestinationType<SnowflakeConfiguration> {
    private final Spool spool = new Spool(Path.of(System.getProperty("java.io.tmpdir")));

    @Override
    public String name() {
        return "Snowflake";
    }

    @Override
    public String workflowType() {
        return "snowflake-export";
    }

    @Override
    public Class<SnowflakeConfiguration> configurationType() {
        return SnowflakeConfiguration.class;
    }

    @Override
    public Destination open(SnowflakeConfiguration configuration, DestinationLimits limits) {
        return new SnowflakeDestination(configuration, limits, spool);
    }
}
