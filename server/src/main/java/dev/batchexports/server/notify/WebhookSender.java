package dev.batchexports.server.notify;

import dev.batchexports.server.security.EndpointGuard;
import dev.batchexports.server.security.EndpointGuard.ForbiddenAddressException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.net.ssl.SSLException;
import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.ManagedHttpClientConnectionFactory;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;

/// Sends messages to webhooks, whose URLs and answers nobody vouches for. Thread-safe.
///
/// A connection is made to an address that [EndpointGuard] has just allowed, and to no other: the name is
/// resolved once for each attempt, so that it cannot mean something else a moment later. Redirects are not
/// followed, answers are read no further than their beginning, and an attempt ends when its time is up
/// whatever the receiver does.
final class WebhookSender implements AutoCloseable {
    private static final int RESPONSE_BYTES = 2048;
    private static final int RESPONSE_LENGTH = 500;
    private static final int MOST_HEADERS = 100;
    private static final int LONGEST_HEADER = 8192;
    private static final int CONNECTIONS = 64;

    /// JSON is UTF-8: the type has no parameter for it.
    private static final ContentType JSON = ContentType.create("application/json");

    private final CloseableHttpClient http;
    private final ScheduledExecutorService watch;
    private final Duration timeout;
    private final Clock clock;

    WebhookSender(EndpointGuard guard, Duration timeout, Clock clock) {
        this.timeout = timeout;
        this.clock = clock;
        ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name("webhook-timeouts").factory());
        executor.setRemoveOnCancelPolicy(true);
        this.watch = executor;
        Timeout limit = Timeout.of(timeout);
        this.http = HttpClients.custom()
                .setConnectionManager(PoolingHttpClientConnectionManagerBuilder.create()
                        .setDnsResolver(new GuardedResolver(guard))
                        .setDefaultConnectionConfig(ConnectionConfig.custom()
                                .setConnectTimeout(limit)
                                .setSocketTimeout(limit)
                                .build())
                        .setConnectionFactory(ManagedHttpClientConnectionFactory.builder()
                                .http1Config(Http1Config.custom()
                                        .setMaxHeaderCount(MOST_HEADERS)
                                        .setMaxLineLength(LONGEST_HEADER)
                                        .build())
                                .build())
                        .setMaxConnTotal(CONNECTIONS)
                        .setMaxConnPerRoute(CONNECTIONS)
                        .build())
                .setConnectionReuseStrategy((request, response, context) -> false)
                .disableRedirectHandling()
                .disableAutomaticRetries()
                .disableContentCompression()
                .disableCookieManagement()
                .disableAuthCaching()
                .disableDefaultUserAgent()
                .build();
    }

    /// Makes one attempt. Never fails: what went wrong is in the answer.
    DeliveryAttempt send(Delivery delivery, String url, WebhookSecret secret) {
        Instant startedAt = clock.instant().truncatedTo(ChronoUnit.MICROS);
        long begun = System.nanoTime();
        byte[] body = delivery.body().getBytes(StandardCharsets.UTF_8);
        HttpPost request = new HttpPost(URI.create(url));
        request.setHeader("user-agent", "batch-exports");
        request.setHeader("webhook-id", delivery.id().toString());
        request.setHeader("webhook-timestamp", Long.toString(startedAt.getEpochSecond()));
        request.setHeader("webhook-signature", secret.sign(delivery.id().toString(), startedAt.getEpochSecond(), body));
        request.setEntity(new ByteArrayEntity(body, JSON));
        AtomicBoolean timeIsUp = new AtomicBoolean();
        ScheduledFuture<?> alarm = watch.schedule(
                () -> {
                    timeIsUp.set(true);
                    request.cancel();
                },
                timeout.toMillis(),
                TimeUnit.MILLISECONDS);
        Integer status = null;
        String response = "";
        String error;
        try (ClassicHttpResponse answer = http.executeOpen(null, request, null)) {
            status = answer.getCode();
            response = beginning(answer);
            error = problem(status);
        } catch (IOException | RuntimeException e) {
            error = status != null && status / 100 == 2 && !timeIsUp.get() ? "" : sentence(e, timeIsUp.get());
        } finally {
            alarm.cancel(false);
        }
        return new DeliveryAttempt(startedAt, Duration.ofNanos(System.nanoTime() - begun), status, response, error);
    }

    private static String beginning(ClassicHttpResponse answer) throws IOException {
        if (answer.getEntity() == null) {
            return "";
        }
        InputStream content = answer.getEntity().getContent();
        String text = new String(content.readNBytes(RESPONSE_BYTES), StandardCharsets.UTF_8)
                .replaceAll("[\\p{Cntrl}\\s]+", " ")
                .strip();
        return text.length() > RESPONSE_LENGTH ? text.substring(0, RESPONSE_LENGTH) : text;
    }

    private static String problem(int status) {
        return switch (status / 100) {
            case 2 -> "";
            case 3 ->
                "The receiver answered with a redirect (" + status + "), which is not followed: enter the final URL.";
            default -> "The receiver answered " + status + ".";
        };
    }

    private String sentence(Exception failure, boolean timeIsUp) {
        if (timeIsUp) {
            return "The receiver did not answer within " + timeout.toSeconds() + " s.";
        }
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            String known = switch (cause) {
                case ForbiddenAddressException forbidden ->
                    "The URL is not allowed: it " + forbidden.getMessage() + ".";
                case UnknownHostException unknown -> "The host of the URL cannot be resolved.";
                case SocketTimeoutException late -> "The receiver did not answer within " + timeout.toSeconds() + " s.";
                case ConnectException refused -> "The receiver does not accept connections.";
                case SSLException tls -> "The receiver's TLS certificate is not trusted, or it does not speak TLS.";
                default -> "";
            };
            if (!known.isEmpty()) {
                return known;
            }
        }
        return "The connection failed (" + failure.getClass().getSimpleName() + ").";
    }

    @Override
    public void close() {
        watch.shutdownNow();
        try {
            http.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Resolves names into addresses that may be connected to.
    private record GuardedResolver(EndpointGuard guard) implements DnsResolver {
        @Override
        public InetAddress[] resolve(String host) throws UnknownHostException {
            return guard.resolve(host).toArray(InetAddress[]::new);
        }

        @Override
        public @Nullable String resolveCanonicalHostname(String host) {
            return host;
        }
    }
}
