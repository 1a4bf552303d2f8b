package dev.batchexports.server.security;

import dev.batchexports.server.Settings;
import dev.batchexports.server.request.ConflictException;
import dev.batchexports.server.request.NotFoundException;
import dev.batchexports.server.request.Violations;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Service;

/// Issues tokens and recognises them. A token is shown once, when it is issued; only its SHA-256 is kept.
@Service
public class TokenService implements SmartInitializingSingleton {
    private static final Logger LOG = LoggerFactory.getLogger(TokenService.class);
    private static final String PREFIX = "bxt_";
    private static final int RANDOM_BYTES = 32;
    private static final int BOOTSTRAP_LENGTH = 16;
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final Duration USE_PRECISION = Duration.ofMinutes(1);

    private final TokenStore tokens;
    private final SecuritySettings settings;
    private final Settings.Role role;
    private final Clock clock;

    @Autowired
    TokenService(TokenStore tokens, SecuritySettings settings, Settings process, Clock clock) {
        this(tokens, settings, process.role(), clock);
    }

    TokenService(TokenStore tokens, SecuritySettings settings, Settings.Role role, Clock clock) {
        this.tokens = tokens;
        this.settings = settings;
        this.role = role;
        this.clock = clock;
    }

    /// Stores the bootstrap token before the first request can come in. An API that nobody has a token for says so.
    @Override
    public void afterSingletonsInstantiated() {
        String token = settings.bootstrapToken().strip();
        if (token.isEmpty()) {
            if (role != Settings.Role.WORKER && !tokens.holdsOneValidAt(clock.instant())) {
                LOG.warn("Nobody can use the API or sign in, because there is no valid token: set"
                        + " BX_SECURITY_BOOTSTRAP_TOKEN to one made with `openssl rand -base64 32` and start the server"
                        + " again; it is the first token, with the scope admin");
            }
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
        return create(name, scopes, projectId, expiresAt).secret();
    }

    private IssuedToken create(String name, Set<Scope> scopes, @Nullable Long projectId, @Nullable Instant expiresAt) {
        String token = PREFIX + random();
        return new IssuedToken(store(token, name, scopes, projectId, expiresAt), token);
    }

    /// Issues a token as somebody asks for it who holds another one. A token for one project makes tokens for
    /// this project only, and no token allows more than the one that made it.
    ///
    /// @throws dev.batchexports.server.request.InvalidRequestException naming everything that is wrong
    public IssuedToken issue(AccessToken holder, TokenForm form, Violations violations) {
        String name = form.name() == null ? "" : form.name().strip();
        violations.require(
                !name.isEmpty() && name.length() <= TokenForm.NAME_LENGTH,
                "/name",
                "must have 1 to " + TokenForm.NAME_LENGTH + " characters");
        Set<Scope> scopes = EnumSet.noneOf(Scope.class);
        List<String> words = form.scopes() == null ? List.of() : form.scopes();
        violations.require(!words.isEmpty(), "/scopes", "must name at least one scope");
        for (int index = 0; index < words.size(); index++) {
            Optional<Scope> scope = Scope.of(words.get(index));
            violations.require(
                    scope.isPresent(), "/scopes/" + index, "must be batch_export:read, batch_export:write or admin");
            scope.ifPresent(scopes::add);
        }
        Long project = form.projectId() == null ? holder.projectId() : form.projectId();
        violations.require(project == null || project > 0, "/project_id", "must be a project's number");
        violations.require(
                project == null || holder.allowsProject(project),
                "/project_id",
                "must be the project of the token that asks, " + holder.projectId());
        violations.require(
                form.expiresAt() == null || form.expiresAt().isAfter(clock.instant()),
                "/expires_at",
                "must be in the future");
        violations.orThrow();
        return create(name, scopes, project, form.expiresAt());
    }

    /// The tokens that the holder of a token may see, newest first: those of its project, or all.
    public List<AccessToken> list(AccessToken holder) {
        return tokens.list(holder.projectId());
    }

    /// Makes a token worthless at once.
    ///
    /// @throws NotFoundException when the holder may see no such token
    /// @throws ConflictException when it is the holder's own
    public void revoke(AccessToken holder, UUID id) {
        AccessToken token = tokens.find(id)
                .filter(found ->
                        holder.projectId() == null || holder.projectId().equals(found.projectId()))
                .orElseThrow(() -> new NotFoundException("token"));
        if (token.id().equals(holder.id())) {
            throw new ConflictException(
                    "token_in_use", "This is the token that asks: delete it with another one, so that one is left.");
        }
        tokens.delete(id);
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

    private AccessToken store(
            String token, String name, Set<Scope> scopes, @Nullable Long projectId, @Nullable Instant expiresAt) {
        AccessToken stored = new AccessToken(
                UUID.randomUUID(),
                name,
                projectId,
                scopes,
                clock.instant().truncatedTo(ChronoUnit.MICROS),
                expiresAt,
                null);
        tokens.insert(stored, hash(token));
        return stored;
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
