package dev.batchexports.server;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/// The metadata database.
///
/// @param url `jdbc:postgresql://host:5432/name` or `postgres://user:password@host:5432/name`
/// @param user takes precedence over the one in the URL
/// @param password takes precedence over the one in the URL
/// @param connections how many this process holds at most
@ConfigurationProperties("bx.database")
public record DatabaseSettings(
        @DefaultValue("") String url,
        @DefaultValue("") String user,
        @DefaultValue("") String password,
        @DefaultValue("10") int connections) {

    /// The same settings with a JDBC URL that holds no credentials of a `postgres://` URL.
    ///
    /// @throws IllegalArgumentException naming what is missing, without quoting the URL
    DatabaseSettings forJdbc() {
        if (url.isBlank()) {
            throw new IllegalArgumentException("BX_DATABASE_URL is empty: set it to the metadata database, such as"
                    + " jdbc:postgresql://localhost:5432/batch_exports");
        }
        if (url.startsWith("jdbc:postgresql:")) {
            return this;
        }
        URI uri;
        try {
            uri = new URI(url.strip());
        } catch (URISyntaxException e) {
            throw unreadable();
        }
        boolean postgres = "postgres".equals(uri.getScheme()) || "postgresql".equals(uri.getScheme());
        if (!postgres || uri.getHost() == null) {
            throw unreadable();
        }
        String[] credentials = uri.getRawUserInfo() == null
                ? new String[0]
                : uri.getRawUserInfo().split(":", 2);
        String jdbc = "jdbc:postgresql://" + uri.getHost() + (uri.getPort() < 0 ? "" : ":" + uri.getPort())
                + uri.getRawPath() + (uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery());
        return new DatabaseSettings(
                jdbc,
                !user.isEmpty() || credentials.length < 1 ? user : decode(credentials[0]),
                !password.isEmpty() || credentials.length < 2 ? password : decode(credentials[1]),
                connections);
    }

    private static String decode(String text) {
        // A plus stands for itself in the user part of a URL.
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    private static IllegalArgumentException unreadable() {
        return new IllegalArgumentException("BX_DATABASE_URL must look like jdbc:postgresql://host:5432/name or"
                + " postgres://user:password@host:5432/name");
    }

    @Override
    public String toString() {
        return "DatabaseSettings[***]";
    }
}
