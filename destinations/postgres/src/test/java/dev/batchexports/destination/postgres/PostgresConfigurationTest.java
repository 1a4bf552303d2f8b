package dev.batchexports.destination.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.batchexports.core.destination.DestinationType;
import dev.batchexports.core.destination.InvalidConfigurationException;
import dev.batchexports.core.secret.Secret;
import java.util.List;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PostgresConfigurationTest {
    private static PostgresConfiguration with(String host, String tableName, String sslmode, @Nullable String ca) {
        return new PostgresConfiguration(
                host, null, "user", new Secret("canary-password"), "database", "", tableName, sslmode, ca);
    }

    private static List<String> wrongFields(String host, String tableName, String sslmode, @Nullable String ca) {
        InvalidConfigurationException invalid =
                catchThrowableOfType(InvalidConfigurationException.class, () -> with(host, tableName, sslmode, ca));
        assertThat(invalid).hasMessageNotContaining("canary");
        return invalid.violations().stream()
                .map(InvalidConfigurationException.Violation::field)
                .toList();
    }

    @Test
    void isFoundByItsService() {
        assertThat(ServiceLoader.load(DestinationType.class).stream()
                        .map(ServiceLoader.Provider::get)
                        .filter(PostgresDestinationType.class::isInstance))
                .singleElement()
                .satisfies(type -> {
                    assertThat(type.name()).isEqualTo("Postgres");
                    assertThat(type.workflowType()).isEqualTo("postgres-export");
                });
    }

    @Test
    void hasDefaults() {
        PostgresConfiguration configuration = with("db.example.com", "", "", " ");

        assertThat(configuration.portOrUsual()).isEqualTo(5432);
        assertThat(configuration.schema()).isEqualTo("public");
        assertThat(configuration.tableFor("events")).isEqualTo("events");
        assertThat(configuration.tlsMode()).isEqualTo(TlsMode.REQUIRE);
        assertThat(configuration.toString()).doesNotContain("canary");
    }

    @ParameterizedTest
    @ValueSource(strings = {"db.example.com", "10.0.0.1", "::1", "[2001:db8::1]", "db", "my_host.internal"})
    void takesHostsOfAllKinds(String host) {
        assertThat(with(host, "t", "disable", null).host()).isEqualTo(host);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "db:5432", "one,two", "db/x", "db?sslmode=disable", "a b", "user@db", "postgresql://db", "-x"
            })
    void refusesWhatIsNoHost(String host) {
        assertThat(wrongFields(host, "t", "disable", null)).containsExactly("host");
    }

    @Test
    void namesEveryFieldThatIsWrong() {
        InvalidConfigurationException invalid = catchThrowableOfType(
                InvalidConfigurationException.class,
                () -> new PostgresConfiguration(
                        "", 70_000, " ", new Secret(""), "x".repeat(64), "a\nb", "_batch_exports_x", "prefer", "x"));

        assertThat(invalid.violations())
                .extracting(InvalidConfigurationException.Violation::field)
                .containsExactlyInAnyOrder(
                        "host",
                        "port",
                        "password",
                        "user",
                        "database",
                        "schema",
                        "table_name",
                        "sslmode",
                        "ssl_root_certificate");
    }

    @Test
    void aCertificateGoesWithTls() {
        assertThat(wrongFields(
                        "db", "t", "verify-full", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"))
                .containsExactly("ssl_root_certificate");
    }
}
