package dev.batchexports.server.security;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.stereotype.Service;

/// Issues tokens and recognises them. A token is shown once, when it is issued; only its SHA-256 is kept.
@Service
public class TokenService implements SmartInitializingSingleton {
    private static final String PREFIX = "bxt_";
    private static final int RANDOM_BYTES = 32;
    private static final int BOOTSTRAP_LENGTH = 16;
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final Duration USE_PRECISION = Duration.ofMinutes(1);

    private final TokenStore tokens;
    private final SecuritySettings settings;
    private final Clock clock;

    TokenService(TokenStore tokens, SecuritySettings settings, Clock clock) {
        this.tokens = tokens;
        this.settings = settings;
        this.clock = clock;
    }

    /// Stores the bootstrap token before the first request can come in.
    @Override
    public void afterSingletonsInstantiated() {
        String token = settings.bootstrapToken().strip();
        if (token.isEmpty()) {
            return;
        }
        if (token.length() < BOOTSTRAP_LENGTH) {
            throw new IllegalArgumentException("BX_SECURITY_BOOTSTRAP_TOKEN is shorter than " + BOOTSTRAP_LENGTH
                    + " characters: use one that nobody can guess, made with `openssl rand -base64 32`");
        }
        store(token, "bootstrap", Set.of(Scope.ADMIN), null, null);
    }

    /// A new token that does not expire.
    ///
    /// @param projectId the only project that it is for; null for every project
    /// @return the token, which nobody can ask for again
    public String issue(String name, Set<Scope> scopes, @Nullable Long projectId) {
        return issue(name, scopes, projectId, null);
    }

    /// @param expiresAt null for never
    public String issue(String name, Set<Scope> scopes, @Nullable Long projectId, @Nullable Instant expiresAt) {
        String token = PREFIX + random();
        store(token, name, scopes, projectId, expiresAt);
        return token;
    }

    /// What a token stands for; empty when it is unknown or has expired.
    public Optional<AccessToken> recognise(String token) {
        Instant now = clock.instant();
        Optional<AccessToken> found = tokens.find(hash(token))
                .filter(known -> known.expiresAt() == null || known.expiresAt().isAfter(now));
        found.filter(known -> known.lastUsedAt() == null || known.lastUsedAt().isBefore(now.minus(USE_PRECISION)))
                .ifPresent(known -> tokens.used(known.id(), now));
        return found;
    }

    private void store(
            String token, String name, Set<Scope> scopes, @Nullable Long projectId, @Nullable Instant expiresAt) {
        tokens.insert(
                new AccessToken(UUID.randomUUID(), name, projectId, scopes, expiresAt, null),
                hash(token),
                clock.instant());
    }

    /// A secret that nobody can guess, of characters that URLs and cookies take as they are.
    static String random() {
        byte[] secret = new byte[RANDOM_BYTES];
        RANDOM.nextBytes(secret);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(secret);
    }

    static byte[] hash(String token) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-256 is not available", e);
        }
    }
}
