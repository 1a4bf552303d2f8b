package dev.batchexports.destination.snowflake;

import dev.batchexports.testkit.DestinationContract;
import dev.batchexports.testkit.DestinationHarness;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;

/// The contract of an export that appends, with a key pair. It differs from [SnowflakeDestinationContractTest] in
/// one statement, whose losses [SnowflakeTransferTest] covers; so it runs only when asked: `-Dcontract.append=true`.
@ExtendWith(TestAccount.Provider.class)
@EnabledIfSystemProperty(named = "contract.append", matches = "true")
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
