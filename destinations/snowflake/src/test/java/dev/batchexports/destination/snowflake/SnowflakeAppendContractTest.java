package dev.batchexports.destination.snowflake;

import dev.batchexports.testkit.DestinationContract;
import dev.batchexports.testkit.DestinationHarness;
import org.junit.jupiter.api.extension.ExtendWith;

/// The contract of an export that appends, with a key pair: both are the defaults.
@ExtendWith(TestAccount.Provider.class)
class SnowflakeAppendContractTest extends DestinationContract {
    private final TestAccount account;

    SnowflakeAppendContractTest(TestAccount account) {
        this.account = account;
    }

    @Override
    protected DestinationHarness harness() {
        return SnowflakeHarness.ofStandIn(account, account.withKeyPair(), DestinationHarness.Rerun.APPENDS);
    }
}
