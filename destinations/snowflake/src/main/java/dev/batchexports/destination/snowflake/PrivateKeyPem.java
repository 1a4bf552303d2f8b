package dev.batchexports.destination.snowflake;

import dev.batchexports.core.secret.Secret;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import org.jspecify.annotations.Nullable;

/// Reads an RSA private key in PEM form. Nothing it throws holds any of the key.
final class PrivateKeyPem {
    private static final Pattern PEM =
            Pattern.compile("-----BEGIN ([A-Z ]+)-----(.*?)-----END \\1-----", Pattern.DOTALL);
    private static final String PRIVATE_KEY = "private_key";
    private static final String PASSPHRASE = "private_key_passphrase";

    private PrivateKeyPem() {}

    /// A key that cannot be read, and the parameter that has to be changed.
    static final class UnreadableException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final String field;
        private final String sentence;

        UnreadableException(String field, String sentence) {
            super(sentence);
            this.field = field;
            this.sentence = sentence;
        }

        String field() {
            return field;
        }

        String sentence() {
            return sentence;
        }
    }

    /// @param passphrase not used when the key is not encrypted
    /// @throws UnreadableException when it is no such key, or the passphrase is wrong
    static PrivateKey read(Secret pem, @Nullable Secret passphrase) {
        // A form with one line loses line ends, or keeps them as two characters.
        Matcher matcher = PEM.matcher(pem.reveal().replace("\\n", "\n"));
        if (!matcher.find()) {
            throw new UnreadableException(
                    PRIVATE_KEY, "must be in PEM form, from -----BEGIN PRIVATE KEY----- to -----END PRIVATE KEY-----");
        }
        return switch (matcher.group(1)) {
            case "PRIVATE KEY" -> plain(decode(matcher.group(2)));
            case "ENCRYPTED PRIVATE KEY" -> decrypted(decode(matcher.group(2)), passphrase);
            default ->
                throw new UnreadableException(
                        PRIVATE_KEY,
                        "must be in PKCS#8 form; convert it with: openssl pkcs8 -topk8 -v2 aes-256-cbc -in key.pem");
        };
    }

    private static byte[] decode(String base64) {
        try {
            return Base64.getDecoder().decode(base64.replaceAll("\\s", ""));
        } catch (IllegalArgumentException e) {
            throw new UnreadableException(
                    PRIVATE_KEY, "is damaged: what stands between its first and last line is" + " no base64");
        }
    }

    private static PrivateKey plain(byte[] key) {
        try {
            return KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(key));
        } catch (GeneralSecurityException e) {
            throw new UnreadableException(PRIVATE_KEY, "is damaged or no RSA key");
        }
    }

    private static PrivateKey decrypted(byte[] encrypted, @Nullable Secret passphrase) {
        if (passphrase == null) {
            throw new UnreadableException(PASSPHRASE, "is required, because the private key is encrypted");
        }
        EncryptedPrivateKeyInfo info;
        Cipher cipher;
        SecretKeyFactory keys;
        try {
            info = new EncryptedPrivateKeyInfo(encrypted);
            // Of PBES2, the name that the JDK knows is that of the parameters.
            String algorithm =
                    info.getAlgName().equals("PBES2") ? info.getAlgParameters().toString() : info.getAlgName();
            cipher = Cipher.getInstance(algorithm);
            keys = SecretKeyFactory.getInstance(algorithm);
        } catch (IOException | GeneralSecurityException e) {
            throw new UnreadableException(
                    PRIVATE_KEY,
                    "is damaged or encrypted in a way that is not supported; encrypt it with: openssl pkcs8 -topk8"
                            + " -v2 aes-256-cbc -in key.pem");
        }
        try {
            Key key = keys.generateSecret(new PBEKeySpec(passphrase.reveal().toCharArray()));
            cipher.init(Cipher.DECRYPT_MODE, key, info.getAlgParameters());
            return plain(info.getKeySpec(cipher).getEncoded());
        } catch (GeneralSecurityException e) {
            throw new UnreadableException(PASSPHRASE, "does not open the private key");
        }
    }
}
