package dev.batchexports.server.security;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.stereotype.Service;

/// Signs browsers in: with a token, or with a code that this process has handed out and that is good once.
/// The cookie of a session holds a secret of its own; only its SHA-256 is kept.
@Service
public class SessionService {
    /// How long a session lasts, unless its token expires before.
    public static final Duration LENGTH = Duration.ofDays(7);

    private final TokenService tokens;
    private final SessionStore sessions;
    private final Clock clock;
    private final Map<String, String> codes = new ConcurrentHashMap<>();

    SessionService(TokenService tokens, SessionStore sessions, Clock clock) {
        this.tokens = tokens;
        this.sessions = sessions;
        this.clock = clock;
    }

    /// A code that signs one browser in with a token, once. It is known to this process alone.
    public String oneTimeCode(String token) {
        String code = TokenService.random();
        codes.put(code, token);
        return code;
    }

    /// Opens a session with a code, which is used up.
    ///
    /// @return the secret of the session; empty when the code is unknown or was used
    public Optional<String> openWithCode(String code) {
        return Optional.ofNullable(codes.remove(code)).flatMap(this::open);
    }

    /// Opens a session.
    ///
    /// @return the secret of the session; empty when the token is unknown or has expired
    public Optional<String> open(String token) {
        return tokens.recognise(token).map(known -> {
            String secret = TokenService.random();
            Instant now = clock.instant();
            sessions.insert(TokenService.hash(secret), known, now, now.plus(LENGTH));
            return secret;
        });
    }

    /// What the token of a session stands for; empty when either is unknown or has expired.
    public Optional<AccessToken> recognise(String secret) {
        Instant now = clock.instant();
        return sessions.token(TokenService.hash(secret), now)
                .filter(token -> token.expiresAt() == null || token.expiresAt().isAfter(now));
    }

    public void close(String secret) {
        sessions.delete(TokenService.hash(secret));
    }
}
