package dev.batchexports.destination.postgres;

import dev.batchexports.core.destination.Destination;
import dev.batchexports.core.destination.DestinationLimits;
import dev.batchexports.core.destination.DestinationType;

/// Tables in a PostgreSQL database.
public final class PostgresDestinationType implements DestinationType<PostgresConfiguration> {
    @Override
    public String name() {
        return "Postgres";
    }

    @Override
    public String workflowType() {
        return "postgres-export";
    }

    @Override
    public Class<PostgresConfiguration> configurationType() {
        return PostgresConfiguration.class;
    }

    @Override
    public Destination open(PostgresConfiguration configuration, DestinationLimits limits) {
        return new PostgresDestination(configuration, limits);
    }
}
