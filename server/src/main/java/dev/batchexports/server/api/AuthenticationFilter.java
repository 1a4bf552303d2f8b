package dev.batchexports.server.api;

import dev.batchexports.server.security.AccessToken;
import dev.batchexports.server.security.TokenService;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.web.filter.OncePerRequestFilter;

/// Answers 401 to whoever asks for anything but one of [PublicPaths] without a valid token, before the
/// request is looked at any further.
final class AuthenticationFilter extends OncePerRequestFilter {
    static final String TOKEN = "dev.batchexports.server.api.token";

    private static final String BEARER = "Bearer ";
    private static final String CHALLENGE = "Bearer realm=\"batch-exports\"";

    private final TokenService tokens;
    private final ProblemWriter problems;

    AuthenticationFilter(TokenService tokens, ProblemWriter problems) {
        this.tokens = tokens;
        this.problems = problems;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        if (PublicPaths.contains(request.getRequestURI())) {
            chain.doFilter(request, response);
            return;
        }
        Optional<String> token = bearer(request.getHeader(HttpHeaders.AUTHORIZATION));
        if (token.isEmpty()) {
            refuse(response, CHALLENGE, "unauthenticated", "Send a token: \"Authorization: Bearer <token>\".");
            return;
        }
        Optional<AccessToken> known;
        try {
            known = tokens.recognise(token.get());
        } catch (DataAccessException e) {
            logger.warn("tokens cannot be read: " + e.getMessage());
            problems.write(response, ProblemHandler.databaseUnavailable());
            return;
        }
        if (known.isEmpty()) {
            refuse(
                    response,
                    CHALLENGE + ", error=\"invalid_token\"",
                    "invalid_token",
                    "The token is unknown or has expired.");
            return;
        }
        request.setAttribute(TOKEN, known.get());
        chain.doFilter(request, response);
    }

    private void refuse(HttpServletResponse response, String challenge, String code, String detail) throws IOException {
        response.setHeader(HttpHeaders.WWW_AUTHENTICATE, challenge);
        problems.write(response, Problem.of(HttpStatus.UNAUTHORIZED, code, detail));
    }

    private static Optional<String> bearer(@Nullable String header) {
        if (header == null || !header.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
            return Optional.empty();
        }
        return Optional.of(header.substring(BEARER.length()).strip()).filter(token -> !token.isEmpty());
    }
}
