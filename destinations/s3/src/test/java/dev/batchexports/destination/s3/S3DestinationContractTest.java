package dev.batchexports.destination.s3;

import dev.batchexports.testkit.DestinationContract;
import dev.batchexports.testkit.DestinationHarness;
import org.junit.jupiter.api.extension.ExtendWith;

/// The contract with plain JSON lines, the default.
@ExtendWith(S3Store.Provider.class)
class S3DestinationContractTest extends DestinationContract {
    private final S3Store store;

    S3DestinationContractTest(S3Store store) {
        this.store = store;
    }

    @Override
    protected DestinationHarness harness() {
        return new S3Harness(store, store.parameters());
    }
}
