package dev.batchexports.destination.postgres;

import dev.batchexports.testkit.DestinationContract;
import dev.batchexports.testkit.DestinationHarness;
import org.junit.jupiter.api.extension.ExtendWith;

/// The contract for exports whose runs add to what an earlier run of the interval committed.
@ExtendWith(Database.Provider.class)
class PostgresAppendingContractTest extends DestinationContract {
    private final DestinationHarness harness;

    PostgresAppendingContractTest(Database database) {
        this.harness = new PostgresHarness(database, DestinationHarness.Rerun.APPENDS);
    }

    @Override
    protected DestinationHarness harness() {
        return harness;
    }
}
