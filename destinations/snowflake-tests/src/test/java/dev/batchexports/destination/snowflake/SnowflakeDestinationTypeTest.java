package dev.batchexports.destination.snowflake;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.core.destination.DestinationType;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;

class SnowflakeDestinationTypeTest {
    @Test
    void isFoundByTheServiceLoader() {
        assertThat(ServiceLoader.load(DestinationType.class).stream().map(ServiceLoader.Provider::type))
                .containsExactly(SnowflakeDestinationType.class);
    }

    @Test
    void hasTheNamesOfTheApi() {
        assertThat(new SnowflakeDestinationType().name()).isEqualTo("Snowflake");
        assertThat(new SnowflakeDestinationType().workflowType()).isEqualTo("snowflake-export");
    }
}
