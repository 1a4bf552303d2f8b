package dev.batchexports.destination.snowflake;

import dev.batchexports.testkit.DestinationContract;
import dev.batchexports.testkit.DestinationHarness;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/// The contract against a real account, where the environment names one: `BX_TEST_SNOWFLAKE_` and the name of the
/// parameter in upper case. The schema should be empty; its tables stay behind.
@EnabledIfEnvironmentVariable(named = "BX_TEST_SNOWFLAKE_ACCOUNT", matches = ".+")
class SnowflakeRealAccountTest extends DestinationContract {
    private static final List<String> PARAMETERS = List.of(
            "account",
            "user",
            "authentication_type",
            "private_key",
            "private_key_passphrase",
            "password",
            "role",
            "database",
            "warehouse",
            "schema",
            "endpoint_url");

    @Override
    protected DestinationHarness harness() {
        Map<String, Object> parameters = new LinkedHashMap<>();
        for (String parameter : PARAMETERS) {
            String value = System.getenv("BX_TEST_SNOWFLAKE_" + parameter.toUpperCase(Locale.ROOT));
            if (value != null) {
                parameters.put(parameter, value);
            }
        }
        return SnowflakeHarness.ofAccount(parameters, DestinationHarness.Rerun.REPLACES);
    }
}
