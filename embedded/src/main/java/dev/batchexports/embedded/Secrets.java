package dev.batchexports.embedded;

import java.io.IOException;
import java.io.Reader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Properties;

/// The passwords and keys of the components, made up at the first start and kept in `secrets.properties`.
final class Secrets {
    private static final String LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    private static final String ALPHABET = LETTERS + "abcdefghijklmnopqrstuvwxyz0123456789";

    private final Path file;
    private final Properties values = new Properties();
    private final SecureRandom random = new SecureRandom();

    Secrets(Path dataFolder) {
        file = dataFolder.resolve("secrets.properties");
        if (Files.exists(file)) {
            try (Reader reader = Files.newBufferedReader(file)) {
                values.load(reader);
            } catch (IOException failure) {
                throw new EmbeddedException("The file " + file + " cannot be read: check its permissions.", failure);
            }
        }
    }

    /// A password of 32 letters and digits: 190 bits.
    String password(String name) {
        return value(name, ALPHABET, 32);
    }

    /// A name of 20 capital letters, as S3 access keys are.
    String accessKeyId(String name) {
        return value(name, LETTERS, 20);
    }

    private synchronized String value(String name, String alphabet, int length) {
        String existing = values.getProperty(name);
        if (existing != null) {
            return existing;
        }
        StringBuilder fresh = new StringBuilder(length);
        for (int index = 0; index < length; index++) {
            fresh.append(alphabet.charAt(random.nextInt(alphabet.length())));
        }
        values.setProperty(name, fresh.toString());
        save();
        return fresh.toString();
    }

    private void save() {
        StringWriter text = new StringWriter();
        try {
            values.store(text, "Passwords and keys of the embedded components");
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        PrivateFile.write(file, text.toString());
    }
}
