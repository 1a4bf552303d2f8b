package dev.batchexports.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/// The forms in which the metadata database may be named.
class DatabaseSettingsTest {
    private static DatabaseSettings settings(String url, String user, String password) {
        return new DatabaseSettings(url, user, password, 10).forJdbc();
    }

    @Test
    void aJdbcUrlStaysAsItIs() {
        assertThat(settings("jdbc:postgresql://db:5433/exports?sslmode=require", "me", "secret")
                        .url())
                .isEqualTo("jdbc:postgresql://db:5433/exports?sslmode=require");
    }

    @Test
    void aPostgresUrlIsTakenApart() {
        DatabaseSettings settings = settings("postgres://me:p%40ss+word@db:5433/exports?sslmode=require", "", "");

        assertThat(settings.url()).isEqualTo("jdbc:postgresql://db:5433/exports?sslmode=require");
        assertThat(settings.user()).isEqualTo("me");
        assertThat(settings.password()).isEqualTo("p@ss+word");
    }

    @Test
    void userAndPasswordOfTheirOwnTakePrecedence() {
        DatabaseSettings settings = settings("postgresql://me:old@db/exports", "you", "new");

        assertThat(settings.url()).isEqualTo("jdbc:postgresql://db/exports");
        assertThat(settings.user()).isEqualTo("you");
        assertThat(settings.password()).isEqualTo("new");
    }

    @Test
    void whatCannotBeUsedIsNamedWithoutBeingQuoted() {
        assertThatThrownBy(() -> settings("", "", "")).hasMessageContaining("BX_DATABASE_URL is empty");
        assertThatThrownBy(() -> settings("mysql://me:secret@db/exports", "", ""))
                .hasMessageContaining("BX_DATABASE_URL must look like")
                .hasMessageNotContaining("secret");
    }
}
