package dev.batchexports.destination.snowflake;

import dev.batchexports.testkit.DestinationContract;
import dev.batchexports.testkit.DestinationHarness;
import org.junit.jupiter.api.extension.ExtendWith;

/// The contract of an export that replaces, with a password.
@ExtendWith(TestAccount.Provider.class)
class SnowflakeDestinationContractTest extends DestinationContract {
    private final TestAccount account;

    SnowflakeDestinationContractTest(TestAccount account) {
        this.account = account;
    }

    @Override
    protected DestinationHarness harness() {
        return SnowflakeHarness.ofStandIn(account, account.withPassword(), DestinationHarness.Rerun.REPLACES);
    }
}
