package dev.batchexports.embedded.clickhouse;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;

/// The one user of the engine.
record Credentials(String user, String password) {

    /// @throws ClickHouseError if the request comes from somebody else
    void check(HttpRequest request) {
        Credentials given = given(request);
        // Both are compared in any case: the time taken tells nothing.
        boolean sameUser = same(user, given.user);
        boolean samePassword = same(password, given.password);
        if (!sameUser || !samePassword) {
            throw new ClickHouseError(
                    516,
                    given.user + ": Authentication failed: password is incorrect, or there is no user with such name",
                    "AUTHENTICATION_FAILED");
        }
    }

    private static Credentials given(HttpRequest request) {
        Optional<String> user = request.header("X-ClickHouse-User");
        Optional<String> key = request.header("X-ClickHouse-Key");
        if (user.isPresent() || key.isPresent()) {
            return new Credentials(user.orElse("default"), key.orElse(""));
        }
        Optional<String> authorization = request.header("Authorization")
                .filter(value -> value.toLowerCase(Locale.ROOT).startsWith("basic "));
        if (authorization.isPresent()) {
            return basic(authorization.get().substring("basic ".length()).strip());
        }
        return new Credentials(
                request.parameter("user").orElse("default"),
                request.parameter("password").orElse(""));
    }

    private static Credentials basic(String encoded) {
        try {
            String[] pair = new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8).split(":", 2);
            return new Credentials(pair[0], pair.length == 2 ? pair[1] : "");
        } catch (IllegalArgumentException _) {
            return new Credentials("", "");
        }
    }

    private static boolean same(String expected, String given) {
        return MessageDigest.isEqual(expected.getBytes(StandardCharsets.UTF_8), given.getBytes(StandardCharsets.UTF_8));
    }

    /// Names the user only.
    @Override
    public String toString() {
        return "Credentials[" + user + "]";
    }
}
