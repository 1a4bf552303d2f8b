package dev.batchexports.destination.snowflake;

import dev.batchexports.testkit.DestinationContract;
import dev.batchexports.testkit.DestinationHarness;
import org.junit.jupiter.api.extension.ExtendWith;

/// The contract of an export that replaces, with a password. The driver needs so many requests for a commit
/// that only every third of them is broken, unless asked otherwise: `-Dcontract.exchange-step=1`. The statement
/// that commits is broken in any case, by [SnowflakeTransferTest].
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

    @Override
    protected int exchangeStep() {
        return Integer.getInteger("contract.exchange-step", 3);
    }
}
