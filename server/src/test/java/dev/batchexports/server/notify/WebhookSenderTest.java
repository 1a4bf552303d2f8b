package dev.batchexports.server.notify;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import dev.batchexports.server.security.EndpointGuard;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Where messages go, and where they never go.
class WebhookSenderTest {
    private static final Duration TIMEOUT = Duration.ofSeconds(2);
    private static final WebhookSecret SECRET =
            WebhookSecret.parse(Receiver.SECRET).orElseThrow();

    private final Receiver receiver = new Receiver();

    @AfterEach
    void stop() {
        receiver.close();
    }

    private static Delivery message() {
        return new Delivery(
                UUID.randomUUID(),
                UUID.randomUUID(),
                "webhook.test",
                "{\"type\":\"webhook.test\",\"text\":\"über\"}",
                Delivery.Status.PENDING,
                0,
                null,
                Instant.now(),
                null,
                List.of());
    }

    private static DeliveryAttempt send(EndpointGuard guard, String url) {
        try (WebhookSender sender = new WebhookSender(guard, TIMEOUT, Clock.systemUTC())) {
            return sender.send(message(), url, SECRET);
        }
    }

    private DeliveryAttempt sendToReceiver() {
        return send(new EndpointGuard(true, InetAddress::getAllByName), receiver.url());
    }

    @Test
    void aMessageIsSigned() {
        DeliveryAttempt attempt = sendToReceiver();

        assertThat(attempt.isDelivered()).isTrue();
        assertThat(attempt.statusCode()).isEqualTo(200);
        assertThat(attempt.response()).isEqualTo("thanks");
        assertThat(receiver.messages()).hasSize(1).allMatch(Receiver.Message::isSigned);
        Map<String, String> headers = receiver.messages().getFirst().headers();
        assertThat(headers).containsEntry("content-type", "application/json").containsKey("webhook-timestamp");
        assertThat(Long.parseLong(headers.getOrDefault("webhook-timestamp", "")))
                .isCloseTo(Instant.now().getEpochSecond(), Offset.offset(30L));
    }

    @Test
    void theConnectionGoesToTheAddressThatWasCheckedAndTheNameIsAskedForOnce() {
        AtomicInteger questions = new AtomicInteger();
        EndpointGuard guard = new EndpointGuard(true, host -> {
            questions.incrementAndGet();
            assertThat(host).isEqualTo("hooks.example.test");
            return new InetAddress[] {InetAddress.getLoopbackAddress()};
        });

        DeliveryAttempt attempt = send(guard, "http://hooks.example.test:" + receiver.port() + "/");

        assertThat(attempt.isDelivered()).as(attempt.error()).isTrue();
        assertThat(questions.get()).isEqualTo(1);
        assertThat(receiver.messages().getFirst().headers())
                .containsEntry("host", "hooks.example.test:" + receiver.port());
    }

    @Test
    void aNameThatMeansSomethingElseAfterTheCheckIsNotConnectedTo() throws UnknownHostException {
        AtomicInteger questions = new AtomicInteger();
        EndpointGuard guard = new EndpointGuard(false, host -> new InetAddress[] {
            questions.incrementAndGet() == 1 ? InetAddress.getByName("93.184.215.14") : InetAddress.getLoopbackAddress()
        });
        String url = "http://rebinding.example.test:" + receiver.port() + "/";
        assertThat(guard.refusals(Map.of("url", url))).isEmpty();

        DeliveryAttempt attempt = send(guard, url);

        assertThat(attempt.isDelivered()).isFalse();
        assertThat(attempt.error()).contains("not allowed");
        assertThat(receiver.messages()).isEmpty();
    }

    @Test
    void aNameWithOneForbiddenAddressAmongItsAddressesIsNotConnectedTo() throws UnknownHostException {
        EndpointGuard guard = new EndpointGuard(false, host ->
                new InetAddress[] {InetAddress.getByName("93.184.215.14"), InetAddress.getLoopbackAddress()});

        assertThat(send(guard, "http://two.example.test:" + receiver.port() + "/")
                        .error())
                .contains("not allowed");
        assertThat(receiver.messages()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "127.0.0.1",
                "127.1",
                "2130706433",
                "localhost",
                "[::1]",
                "[::ffff:127.0.0.1]",
                "[::ffff:7f00:1]",
                "[::127.0.0.1]",
                "[64:ff9b::7f00:1]",
                "[64:ff9b:1::7f00:1]",
                "[2002:7f00:1::]",
                "[fe80::1]",
                "[fd00::1]",
                "169.254.169.254",
                "0.0.0.0"
            })
    void addressesOfThisMachineAreNotConnectedToInWhateverForm(String host) {
        DeliveryAttempt attempt = send(
                new EndpointGuard(false, InetAddress::getAllByName), "http://" + host + ":" + receiver.port() + "/");

        assertThat(attempt.isDelivered()).isFalse();
        assertThat(attempt.error()).contains("not allowed");
        assertThat(receiver.messages()).isEmpty();
    }

    @Test
    void aRedirectIsNotFollowed() {
        receiver.behave(exchange -> {
            exchange.getResponseHeaders().add("Location", "/elsewhere");
            exchange.sendResponseHeaders(307, -1);
        });

        DeliveryAttempt attempt = sendToReceiver();

        assertThat(attempt.isDelivered()).isFalse();
        assertThat(attempt.statusCode()).isEqualTo(307);
        assertThat(attempt.error()).contains("redirect");
        assertThat(receiver.messages()).hasSize(1);
    }

    @Test
    void aReceiverThatNeverAnswersIsGivenUp() {
        receiver.behave(exchange -> new CountDownLatch(1).await());

        assertGivenUpInTime(sendToReceiver());
    }

    @Test
    void aReceiverThatAnswersByDripsIsGivenUp() {
        receiver.behave(exchange -> {
            exchange.sendResponseHeaders(500, 0);
            drip(exchange);
        });

        assertGivenUpInTime(sendToReceiver());
    }

    private static void drip(HttpExchange exchange) throws InterruptedException {
        try {
            while (true) {
                exchange.getResponseBody().write('.');
                exchange.getResponseBody().flush();
                new CountDownLatch(1).await(100, TimeUnit.MILLISECONDS);
            }
        } catch (IOException e) {
            // The sender has had enough.
        }
    }

    private static void assertGivenUpInTime(DeliveryAttempt attempt) {
        assertThat(attempt.isDelivered()).isFalse();
        assertThat(attempt.error()).contains("within 2 s");
        assertThat(attempt.latency()).isBetween(TIMEOUT.minusMillis(100), TIMEOUT.plusSeconds(20));
    }

    @Test
    void ofALongAnswerOnlyTheBeginningIsKeptWithoutControlCharacters() {
        receiver.behave(Receiver.answering(400, "no\u0000such\nthing ".repeat(100_000)));

        DeliveryAttempt attempt = sendToReceiver();

        assertThat(attempt.response()).startsWith("no such thing").hasSizeLessThanOrEqualTo(500);
        assertThat(attempt.error()).isEqualTo("The receiver answered 400.");
    }

    @Test
    void aReceiverThatIsNotThereIsReported() {
        String url = receiver.url();
        receiver.close();

        DeliveryAttempt attempt = send(new EndpointGuard(true, InetAddress::getAllByName), url);

        assertThat(attempt.statusCode()).isNull();
        assertThat(attempt.error()).isEqualTo("The receiver does not accept connections.");
    }

    @Test
    void theSignatureIsThatOfTheStandard() {
        // The example of the specification's reference libraries.
        WebhookSecret secret =
                WebhookSecret.parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").orElseThrow();
        byte[] body = "{\"test\": 2432232314}".getBytes(StandardCharsets.UTF_8);

        assertThat(secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330L, body))
                .isEqualTo("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    @Test
    void waitsLongerAfterEachAttempt() {
        NotifySettings settings = new NotifySettings(
                Duration.ofSeconds(1), TIMEOUT, Duration.ofSeconds(5), Duration.ofHours(24), Duration.ofDays(30));

        assertThat(List.of(1, 2, 3, 4, 5, 6, 7, 8, 500))
                .extracting(settings::waitAfter)
                .extracting(Duration::toSeconds)
                .containsExactly(5L, 20L, 80L, 320L, 1280L, 5120L, 14400L, 14400L, 14400L);
    }
}
