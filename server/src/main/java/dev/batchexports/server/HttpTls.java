package dev.batchexports.server;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

/// Makes the API answer by TLS where `BX_HTTP_TLS_CERTIFICATE` and `BX_HTTP_TLS_PRIVATE_KEY` name PEM files. A
/// certificate that is renewed in place is used without a restart.
final class HttpTls {
    private static final String CERTIFICATE = "bx.http.tls.certificate";
    private static final String PRIVATE_KEY = "bx.http.tls.private-key";
    private static final String PASSWORD = "bx.http.tls.private-key-password";
    private static final String STORE = "spring.ssl.bundle.pem.http.keystore.";

    private HttpTls() {}

    /// @throws IllegalArgumentException naming the setting that is wrong
    static void configure(ConfigurableEnvironment environment) {
        String certificate = environment.getProperty(CERTIFICATE, "").strip();
        String privateKey = environment.getProperty(PRIVATE_KEY, "").strip();
        if (certificate.isEmpty() && privateKey.isEmpty()) {
            return;
        }
        Map<String, Object> properties = new HashMap<>();
        properties.put("server.ssl.bundle", "http");
        properties.put("spring.ssl.bundle.pem.http.reload-on-update", "true");
        properties.put(STORE + "certificate", location("BX_HTTP_TLS_CERTIFICATE", certificate));
        properties.put(STORE + "private-key", location("BX_HTTP_TLS_PRIVATE_KEY", privateKey));
        String password = environment.getProperty(PASSWORD, "");
        if (!password.isEmpty()) {
            properties.put(STORE + "private-key-password", password);
        }
        environment.getPropertySources().addFirst(new MapPropertySource("http-tls", properties));
    }

    private static String location(String variable, String path) {
        if (path.isEmpty()) {
            throw new IllegalArgumentException(variable + " is empty: for TLS, BX_HTTP_TLS_CERTIFICATE and"
                    + " BX_HTTP_TLS_PRIVATE_KEY both name a PEM file");
        }
        if (!Files.isReadable(Path.of(path))) {
            throw new IllegalArgumentException(variable + " names " + path + ", which cannot be read");
        }
        return Path.of(path).toUri().toString();
    }
}
