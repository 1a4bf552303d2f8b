package dev.batchexports.server.api;

import dev.batchexports.server.security.AccessToken;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.ConsumptionProbe;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.web.filter.OncePerRequestFilter;

/// Answers 429 to a token that asks more often than [RequestSettings] allow, and when to ask again. The sessions
/// of a token count with it; what needs no token is not counted.
final class RateLimitFilter extends OncePerRequestFilter {
    /// Beyond so many tokens, those that have not asked for a while are forgotten.
    private static final int MOST_KNOWN = 10_000;

    private final RequestSettings settings;
    private final ProblemWriter problems;
    private final Map<UUID, Bucket> buckets = new ConcurrentHashMap<>();

    RateLimitFilter(RequestSettings settings, ProblemWriter problems) {
        this.settings = settings;
        this.problems = problems;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        if (settings.perSecond() > 0 && request.getAttribute(AuthenticationFilter.TOKEN) instanceof AccessToken token) {
            ConsumptionProbe probe = bucketOf(token).tryConsumeAndReturnRemaining(1);
            if (!probe.isConsumed()) {
                refuse(response, Duration.ofNanos(probe.getNanosToWaitForRefill()));
                return;
            }
        }
        chain.doFilter(request, response);
    }

    private void refuse(HttpServletResponse response, Duration wait) throws IOException {
        long seconds = wait.toSeconds() + 1;
        response.setHeader(HttpHeaders.RETRY_AFTER, Long.toString(seconds));
        problems.write(
                response,
                Problem.of(
                        HttpStatus.TOO_MANY_REQUESTS,
                        "too_many_requests",
                        "This token asks more than " + settings.perSecond()
                                + " times a second: ask again in " + seconds
                                + " s. Whoever runs this server can allow more with BX_REQUESTS_PER_SECOND."));
    }

    private Bucket bucketOf(AccessToken token) {
        if (buckets.size() > MOST_KNOWN) {
            buckets.values().removeIf(bucket -> bucket.getAvailableTokens() >= settings.burst());
        }
        return buckets.computeIfAbsent(
                token.id(),
                id -> Bucket.builder()
                        .addLimit(limit -> limit.capacity(settings.burst())
                                .refillGreedy(settings.perSecond(), Duration.ofSeconds(1)))
                        .build());
    }
}
