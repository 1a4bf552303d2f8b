package dev.batchexports.destination.snowflake;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.core.destination.Destination;
import dev.batchexports.core.destination.DestinationLimits;
import dev.batchexports.core.destination.HostResolver;
import dev.batchexports.core.destination.TestStep;
import dev.batchexports.testkit.SnowflakeStandIn;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// Which step of the connection test fails, and what it says.
@ExtendWith(TestAccount.Provider.class)
class SnowflakeConnectionTest {
    private final TestAccount account;

    SnowflakeConnectionTest(TestAccount account) {
        this.account = account;
    }

    private static TestStep failure(Map<String, Object> parameters) {
        try (Destination destination = TestAccount.open(parameters)) {
            List<TestStep> failed = destination.connectionTest().stream()
                    .filter(step -> step.status() == TestStep.Status.FAILED)
                    .toList();
            assertThat(failed).hasSize(1);
            return failed.getFirst();
        }
    }

    @Test
    void namesAWarehouseThatIsMissing() {
        TestStep step = failure(TestAccount.with(account.withPassword(), "warehouse", "NO_SUCH"));
        assertThat(step.name()).isEqualTo("warehouse");
        assertThat(step.fix()).contains("GRANT USAGE ON WAREHOUSE \"NO_SUCH\" TO ROLE \"EXPORT_ROLE\"");
    }

    @Test
    void namesADatabaseThatIsMissing() {
        TestStep step = failure(TestAccount.with(account.withPassword(), "database", "NO_SUCH"));
        assertThat(step.name()).isEqualTo("database");
        assertThat(step.fix()).contains("GRANT USAGE ON DATABASE \"NO_SUCH\" TO ROLE \"EXPORT_ROLE\"");
    }

    @Test
    void namesASchemaThatIsMissing() {
        TestStep step = failure(TestAccount.with(account.withPassword(), "schema", "NO_SUCH"));
        assertThat(step.name()).isEqualTo("schema");
        assertThat(step.fix()).contains("ON SCHEMA \"EXPORTS\".\"NO_SUCH\" TO ROLE \"EXPORT_ROLE\"");
    }

    @Test
    void namesThePrivilegeThatTheRoleLacks() {
        TestStep step = failure(TestAccount.with(account.withPassword(), "role", SnowflakeStandIn.READER_ROLE));
        assertThat(step.name()).isEqualTo("create");
        assertThat(step.message()).startsWith("Snowflake.003001: The role READER may not create the table");
        assertThat(step.fix())
                .isEqualTo("GRANT USAGE, CREATE TABLE ON SCHEMA \"EXPORTS\".\"PUBLIC\" TO ROLE \"READER\".");
    }

    @Test
    void namesARoleThatTheUserDoesNotHave() {
        TestStep step = failure(TestAccount.with(account.withKeyPair(), "role", "NO_SUCH"));
        assertThat(step.name()).isEqualTo("authenticate");
        assertThat(step.fix()).startsWith("GRANT ROLE \"NO_SUCH\" TO USER \"EXPORTER\"");
    }

    /// The endpoint is asked for again whenever it is connected to.
    @Test
    void connectsToNoHostThatTheResolverRefuses() {
        AtomicInteger requests = new AtomicInteger();
        HostResolver changing = host -> {
            if (requests.incrementAndGet() > 1) {
                throw new UnknownHostException("must not lead to a loopback address");
            }
            return List.of(InetAddress.getLoopbackAddress());
        };
        try (Destination destination = new SnowflakeDestinationType()
                .open(
                        TestAccount.configuration(account.withPassword()),
                        DestinationLimits.standard().withHosts(changing))) {
            assertThat(destination.connectionTest())
                    .allSatisfy(step -> assertThat(step.status()).isEqualTo(TestStep.Status.PASSED));
            assertThat(destination.connectionTest())
                    .first()
                    .satisfies(step -> assertThat(step.message()).startsWith("UnknownHost"))
                    .satisfies(step -> assertThat(step.status()).isEqualTo(TestStep.Status.FAILED));
        }
    }
}
