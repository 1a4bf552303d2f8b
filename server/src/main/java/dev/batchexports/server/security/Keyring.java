package dev.batchexports.server.security;

import com.google.crypto.tink.AccessesPartialKey;
import com.google.crypto.tink.Aead;
import com.google.crypto.tink.InsecureSecretKeyAccess;
import com.google.crypto.tink.KeysetHandle;
import com.google.crypto.tink.RegistryConfiguration;
import com.google.crypto.tink.aead.AeadConfig;
import com.google.crypto.tink.aead.AesGcmKey;
import com.google.crypto.tink.aead.AesGcmParameters;
import com.google.crypto.tink.util.SecretBytes;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/// The keys of `BX_ENCRYPTION_KEYS`: AES-256-GCM, the first encrypts, all decrypt. Thread-safe.
///
/// A key's id is derived from the key itself and stands in front of every cipher text, so a key is
/// rotated by putting a new one first and dropping the old one once nothing needs it any more.
public final class Keyring {
    private static final int KEY_BYTES = 32;

    /// The first byte of every cipher text that names its key, as Tink writes it.
    private static final byte FORM = 1;

    private final Aead aead;
    private final String primaryKeyId;

    private Keyring(Aead aead, String primaryKeyId) {
        this.aead = aead;
        this.primaryKeyId = primaryKeyId;
    }

    /// @param keys Base64 of 32 bytes each, comma-separated
    /// @throws IllegalArgumentException without quoting any of them
    @AccessesPartialKey
    public static Keyring parse(String keys) {
        List<byte[]> decoded = new ArrayList<>();
        for (String key : keys.split(",", -1)) {
            if (!key.isBlank()) {
                decoded.add(decode(key.strip()));
            }
        }
        if (decoded.isEmpty()) {
            throw new IllegalArgumentException(
                    "BX_ENCRYPTION_KEYS is empty: set it to a Base64 key of 32 bytes, made with"
                            + " `openssl rand -base64 32`, and keep it safe");
        }
        try {
            AeadConfig.register();
            KeysetHandle.Builder keyset = KeysetHandle.newBuilder();
            Set<Integer> ids = new LinkedHashSet<>();
            for (byte[] key : decoded) {
                int id = keyId(key);
                if (!ids.add(id)) {
                    continue;
                }
                AesGcmKey aesGcmKey = AesGcmKey.builder()
                        .setParameters(AesGcmParameters.builder()
                                .setKeySizeBytes(KEY_BYTES)
                                .setIvSizeBytes(12)
                                .setTagSizeBytes(16)
                                .setVariant(AesGcmParameters.Variant.TINK)
                                .build())
                        .setKeyBytes(SecretBytes.copyFrom(key, InsecureSecretKeyAccess.get()))
                        .setIdRequirement(id)
                        .build();
                KeysetHandle.Builder.Entry entry =
                        KeysetHandle.importKey(aesGcmKey).withFixedId(id);
                keyset.addEntry(ids.size() == 1 ? entry.makePrimary() : entry);
            }
            return new Keyring(
                    keyset.build().getPrimitive(RegistryConfiguration.get(), Aead.class),
                    String.format(Locale.ROOT, "%08x", ids.iterator().next()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES-256-GCM is not available", e);
        }
    }

    /// A new random key in the form of [#parse].
    public static String generate() {
        byte[] key = new byte[KEY_BYTES];
        new SecureRandom().nextBytes(key);
        return Base64.getEncoder().encodeToString(key);
    }

    /// @param context what the cipher text belongs to; it must be the same to decrypt, so that one
    ///     cannot stand in for another
    public byte[] encrypt(byte[] plain, byte[] context) {
        try {
            return aead.encrypt(plain, context);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("encryption failed", e);
        }
    }

    /// @throws UndecryptableException when no key of the ring fits
    public byte[] decrypt(byte[] cipher, byte[] context) {
        try {
            return aead.decrypt(cipher, context);
        } catch (GeneralSecurityException e) {
            throw new UndecryptableException(e);
        }
    }

    /// What every cipher text begins with that is made now: a byte for its form and the four of its key's id.
    byte[] primaryPrefix() {
        return ByteBuffer.allocate(1 + Integer.BYTES)
                .put(FORM)
                .putInt(Integer.parseUnsignedInt(primaryKeyId, 16))
                .array();
    }

    /// The id of the key that encrypts, in hexadecimal.
    public String primaryKeyId() {
        return primaryKeyId;
    }

    /// None of the configured keys fits.
    public static final class UndecryptableException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        UndecryptableException(Throwable cause) {
            super(
                    "none of the keys in BX_ENCRYPTION_KEYS decrypts this: was a key removed that is still in use?",
                    cause);
        }
    }

    private static byte[] decode(String key) {
        byte[] decoded;
        try {
            decoded = Base64.getDecoder().decode(key);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("a key in BX_ENCRYPTION_KEYS is not Base64");
        }
        if (decoded.length != KEY_BYTES) {
            throw new IllegalArgumentException(
                    "a key in BX_ENCRYPTION_KEYS has " + decoded.length + " bytes instead of " + KEY_BYTES);
        }
        return decoded;
    }

    private static int keyId(byte[] key) throws GeneralSecurityException {
        return ByteBuffer.wrap(MessageDigest.getInstance("SHA-256").digest(key)).getInt();
    }
}
