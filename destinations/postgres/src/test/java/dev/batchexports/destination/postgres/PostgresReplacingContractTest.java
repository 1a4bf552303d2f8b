package dev.batchexports.destination.postgres;

import dev.batchexports.testkit.DestinationContract;
import dev.batchexports.testkit.DestinationHarness;
import org.junit.jupiter.api.extension.ExtendWith;

/// The contract for exports whose runs replace what an earlier run of the interval committed.
@ExtendWith(Database.Provider.class)
class PostgresReplacingContractTest extends DestinationContract {
    private final DestinationHarness harness;

    PostgresReplacingContractTest(Database database) {
        this.harness = new PostgresHarness(database, DestinationHarness.Rerun.REPLACES);
    }

    @Override
    protected DestinationHarness harness() {
        return harness;
    }
}
