package dev.batchexports.destination.postgres;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/// How the connection is secured, in libpq's words. Its modes `allow` and `prefer` are left out: they go
/// on in the clear without telling.
enum TlsMode {
    DISABLE,
    REQUIRE,
    VERIFY_CA,
    VERIFY_FULL;

    String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static Optional<TlsMode> find(String word) {
        return Arrays.stream(values()).filter(mode -> mode.word().equals(word)).findFirst();
    }

    /// The driver's class that decides which certificates are trusted.
    ///
    /// As with libpq, `require` checks the certificate too when there is something to check it with.
    String socketFactory(boolean hasAuthorities) {
        if (hasAuthorities) {
            return CertificateAuthorities.class.getName();
        }
        return switch (this) {
            case DISABLE, REQUIRE -> "org.postgresql.ssl.NonValidatingFactory";
            case VERIFY_CA, VERIFY_FULL -> "org.postgresql.ssl.DefaultJavaSSLFactory";
        };
    }
}
