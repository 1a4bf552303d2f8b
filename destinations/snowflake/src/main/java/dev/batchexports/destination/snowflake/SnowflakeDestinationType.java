package dev.batchexports.destination.snowflake;

import dev.batchexports.core.destination.Destination;
import dev.batchexports.core.destination.DestinationLimits;
import dev.batchexports.core.destination.DestinationType;

/// A table in Snowflake.
public final class SnowflakeDestinationType implements DestinationType<SnowflakeConfiguration> {
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
        return new SnowflakeDestination(configuration, limits);
    }
}
