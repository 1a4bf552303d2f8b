package dev.batchexports.server.security;

import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Brings the stored secrets to the key that encrypts now, so that earlier keys can be taken out of
/// `BX_ENCRYPTION_KEYS`. Used by one thread at a time.
public final class KeyRotation {
    private static final Logger LOG = LoggerFactory.getLogger(KeyRotation.class);

    private final Keyring keyring;
    private final List<SealedSecrets> stored;

    /// How many unreadable secrets of each kind the log tells of already.
    private final Map<String, Integer> told = new HashMap<>();

    public KeyRotation(Keyring keyring, List<SealedSecrets> stored) {
        this.keyring = keyring;
        this.stored = List.copyOf(stored);
    }

    /// The id of the key that encrypts now.
    public String keyId() {
        return keyring.primaryKeyId();
    }

    /// Encrypts anew whatever is under an earlier key. What no key of the ring decrypts is left as it is, and
    /// told. May be repeated, and broken off at any point.
    public void rotate() {
        stored.forEach(this::rotate);
    }

    private void rotate(SealedSecrets secrets) {
        int rotated = 0;
        int unreadable = 0;
        for (SealedSecrets.Sealed sealed : secrets.notBeginningWith(keyring.primaryPrefix())) {
            byte[] cipher = Base64.getDecoder().decode(sealed.text());
            byte[] context = secrets.context(sealed.id());
            try {
                byte[] fresh = keyring.encrypt(keyring.decrypt(cipher, context), context);
                if (secrets.replace(sealed, Base64.getEncoder().encodeToString(fresh))) {
                    rotated++;
                }
            } catch (Keyring.UndecryptableException e) {
                unreadable++;
            }
        }
        if (rotated > 0) {
            LOG.info("Encrypted the secrets of {} {} anew, with the key {}", rotated, secrets.owners(), keyId());
        }
        if (unreadable > 0 && unreadable != told.getOrDefault(secrets.owners(), 0)) {
            LOG.error(
                    "The secrets of {} {} can be decrypted with no key in BX_ENCRYPTION_KEYS: add the key that they"
                            + " were encrypted with, or set these secrets anew",
                    unreadable,
                    secrets.owners());
        }
        told.put(secrets.owners(), unreadable);
    }
}
