package dev.batchexports.server.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.junit.jupiter.api.Test;

/// What the keys of a ring can read.
class KeyringTest {
    private static final String OLD = Keyring.generate();
    private static final String NEW = Keyring.generate();
    private static final byte[] SECRET = bytes("canary");
    private static final byte[] OWNER = bytes("destination-secrets:one");

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void aCipherTextThatIsMovedToAnotherOwnerCannotBeRead() {
        Keyring keyring = Keyring.parse(OLD);
        byte[] cipher = keyring.encrypt(SECRET, OWNER);

        assertThat(keyring.decrypt(cipher, OWNER)).isEqualTo(SECRET);
        assertThatThrownBy(() -> keyring.decrypt(cipher, bytes("destination-secrets:two")))
                .isInstanceOf(Keyring.UndecryptableException.class);
    }

    @Test
    void aCipherTextThatWasChangedCannotBeRead() {
        Keyring keyring = Keyring.parse(OLD);
        byte[] cipher = keyring.encrypt(SECRET, OWNER);
        for (int index = 0; index < cipher.length; index++) {
            byte[] changed = cipher.clone();
            changed[index] ^= 1;
            assertThatThrownBy(() -> keyring.decrypt(changed, OWNER))
                    .isInstanceOf(Keyring.UndecryptableException.class);
        }
    }

    @Test
    void theSameSecretLooksDifferentEachTime() {
        Keyring keyring = Keyring.parse(OLD);

        assertThat(keyring.encrypt(SECRET, OWNER)).isNotEqualTo(keyring.encrypt(SECRET, OWNER));
    }

    @Test
    void aCipherTextBeginsWithWhatTellsItsKey() {
        byte[] cipher = Keyring.parse(OLD).encrypt(SECRET, OWNER);

        assertThat(cipher).startsWith(Keyring.parse(OLD + "," + NEW).primaryPrefix());
        assertThat(Keyring.parse(NEW + "," + OLD).primaryPrefix())
                .isEqualTo(Keyring.parse(NEW).primaryPrefix())
                .isNotEqualTo(Keyring.parse(OLD).primaryPrefix());
    }

    @Test
    void aWrongKeyIsRefusedWithoutBeingShown() {
        for (String wrong : new String[] {
            "canary-not-base64!",
            Base64.getEncoder().encodeToString(bytes("canary")),
            OLD + ",canary-not-base64!",
            " , "
        }) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Keyring.parse(wrong))
                    .withMessageContaining("BX_ENCRYPTION_KEYS")
                    .withMessageNotContaining("canary")
                    .withMessageNotContaining(OLD);
        }
    }
}
