package dev.batchexports.core.secret;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SecretTest {
    record Configuration(String user, Secret password) {}

    @Test
    void neverPrintsItsValue() {
        Configuration configuration = new Configuration("ada", new Secret("canary-4711"));

        assertThat(configuration.toString()).doesNotContain("canary-4711").contains("***");
    }
}
