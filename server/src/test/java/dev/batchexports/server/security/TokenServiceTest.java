package dev.batchexports.server.security;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.embedded.Connections;
import dev.batchexports.server.Settings;
import dev.batchexports.server.TestServer;
import dev.batchexports.testkit.CapturedLog;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/// A server that nobody can use says what to do about it.
class TokenServiceTest {
    private static final Instant NOW = Instant.parse("2026-11-26T03:00:00Z");
    private static final Pattern WARNING = Pattern.compile("TokenService .*BX_SECURITY_BOOTSTRAP_TOKEN");

    /// A table of tokens of its own, beside that of the server.
    private final TokenStore tokens = new TokenStore(JdbcClient.create(database("first_token")));

    @BeforeEach
    void noTokens() {
        JdbcClient server = JdbcClient.create(database("public"));
        server.sql("drop schema if exists first_token cascade").update();
        server.sql("create schema first_token").update();
        server.sql("create table first_token.api_tokens (like api_tokens including all)")
                .update();
    }

    @Test
    void aServerWithoutAnyTokenSaysOnceHowToGetOne() {
        assertThat(warningsOf("", Settings.Role.API, NOW)).isEqualTo(1);
        assertThat(warningsOf("", Settings.Role.ALL, NOW)).isEqualTo(1);
    }

    @Test
    void aWorkerNeedsNone() {
        assertThat(warningsOf("", Settings.Role.WORKER, NOW)).isZero();
    }

    @Test
    void theFirstTokenStaysWhenTheVariableIsTakenAway() {
        String token = TokenService.random();

        assertThat(warningsOf(token, Settings.Role.API, NOW)).isZero();
        assertThat(warningsOf("", Settings.Role.API, NOW)).isZero();
        assertThat(service("", Settings.Role.API, NOW).recognise(token)).isPresent();
    }

    @Test
    void tokensThatHaveAllExpiredAreAsGoodAsNone() {
        Instant end = NOW.plus(Duration.ofDays(1));
        service("", Settings.Role.API, NOW).issue("for a day", Set.of(Scope.ADMIN), null, end);

        assertThat(warningsOf("", Settings.Role.API, NOW)).isZero();
        assertThat(warningsOf("", Settings.Role.API, end)).isEqualTo(1);
    }

    private long warningsOf(String token, Settings.Role role, Instant now) {
        try (CapturedLog log = new CapturedLog()) {
            service(token, role, now).afterSingletonsInstantiated();
            return WARNING.matcher(log.text()).results().count();
        }
    }

    private TokenService service(String token, Settings.Role role, Instant now) {
        return new TokenService(tokens, new SecuritySettings(token), role, Clock.fixed(now, ZoneOffset.UTC));
    }

    private static DriverManagerDataSource database(String schema) {
        Connections connections = TestServer.get().connections();
        String url = connections.databaseUrl();
        return new DriverManagerDataSource(
                url + (url.contains("?") ? "&" : "?") + "currentSchema=" + schema,
                connections.databaseUser(),
                connections.databasePassword());
    }
}
