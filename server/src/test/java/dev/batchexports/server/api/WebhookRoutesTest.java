package dev.batchexports.server.api;

import static dev.batchexports.server.api.ApiClient.hourlyExport;
import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.core.interval.Interval;
import dev.batchexports.server.TestServer;
import dev.batchexports.server.exports.ExportStore;
import dev.batchexports.server.notify.Notification;
import dev.batchexports.server.notify.Outbox;
import dev.batchexports.server.notify.Receiver;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.JsonNode;

/// Creating, changing, testing and deleting webhooks, and the log of their messages.
class WebhookRoutesTest {
    private static final Duration SOON = Duration.ofSeconds(60);

    private final TestServer server = TestServer.get();
    private final ApiClient client = ApiClient.forNewProject();
    private final Receiver receiver = new Receiver();
    private final String webhooks = "/api/projects/" + client.project() + "/webhooks/";

    @AfterEach
    void stop() {
        receiver.close();
    }

    private Map<String, Object> form() {
        return new HashMap<>(Map.of("url", receiver.url(), "secret", Receiver.SECRET));
    }

    private ApiClient.Answer post(String path, Map<String, ? extends @Nullable Object> body) {
        return client.send("POST", webhooks + path, ApiClient.JSON.writeValueAsString(body));
    }

    private String create(Map<String, Object> form) {
        return post("", form).is(201).json().get("id").stringValue();
    }

    private void tell(String export) {
        tell(export, 0);
    }

    private void tell(String export, int hour) {
        Instant start = Instant.parse("2026-03-01T00:00:00Z").plus(hour, ChronoUnit.HOURS);
        server.bean(Outbox.class)
                .add(Notification.gapFound(
                        server.bean(ExportStore.class)
                                .find(UUID.fromString(export))
                                .orElseThrow(),
                        new Interval(start, start.plus(1, ChronoUnit.HOURS)),
                        "The schedule did not start it.",
                        Instant.now().truncatedTo(ChronoUnit.MICROS)));
    }

    @Test
    void aWebhookIsCreatedListedChangedAndDeleted() {
        Map<String, Object> form = form();
        form.put("name", "to the chat");
        form.put("events", List.of("batch_export.failing", "batch_export.recovered"));
        JsonNode created = post("", form).is(201).json();
        String id = created.get("id").stringValue();

        assertThat(created.propertyNames())
                .containsExactlyInAnyOrder(
                        "id",
                        "project_id",
                        "batch_export_id",
                        "name",
                        "url",
                        "events",
                        "enabled",
                        "created_at",
                        "last_updated_at");
        assertThat(client.send("GET", webhooks + id + "/", "").is(200).json()).isEqualTo(created);
        assertThat(client.send("GET", webhooks, "").is(200).json().at("/results/0"))
                .isEqualTo(created);

        JsonNode changed = client.send("PATCH", webhooks + id + "/", "{\"enabled\": false, \"events\": null}")
                .is(200)
                .json();
        assertThat(changed.get("enabled").booleanValue()).isFalse();
        assertThat(changed.get("events")).isEmpty();
        assertThat(changed.get("name").stringValue()).isEqualTo("to the chat");

        client.send("DELETE", webhooks + id + "/", "").is(204);
        client.send("GET", webhooks + id + "/", "").is(404);
        client.send("DELETE", webhooks + id + "/", "").is(404);
    }

    @Test
    void theSecretIsNeverReturnedNorStoredInTheClear() {
        String id = create(form());
        String secret = Receiver.SECRET.substring("whsec_".length());

        for (String path : List.of("", id + "/", id + "/deliveries/")) {
            assertThat(client.send("GET", webhooks + path, "").is(200).body()).doesNotContain(secret, "secret");
        }
        assertThat(post(id + "/test/", Map.of()).is(200).body()).doesNotContain(secret);
        assertThat(server.bean(JdbcClient.class)
                        .sql("select webhooks::text from webhooks")
                        .query(String.class)
                        .list()
                        .toString())
                .doesNotContain(secret);
    }

    @Test
    void aChangeKeepsTheSecretOrReplacesIt() {
        String id = create(form());
        client.send("PATCH", webhooks + id + "/", "{\"name\": \"renamed\"}").is(200);
        post(id + "/test/", Map.of()).is(200);
        assertThat(receiver.messages().getLast().isSigned()).isTrue();

        client.send("PATCH", webhooks + id + "/", "{\"secret\": \"whsec_" + "B".repeat(44) + "\"}")
                .is(200);
        post(id + "/test/", Map.of()).is(200);
        assertThat(receiver.messages().getLast().isSigned()).isFalse();
    }

    @Test
    void aRequestIsValidated() {
        Map<String, Map<String, Object>> wrong = Map.of(
                "/url", Map.of("url", "ftp://example.com/"),
                "/secret", Map.of("secret", "hunter2"),
                "/events/0", Map.of("events", List.of("webhook.test")),
                "/batch_export_id", Map.of("batch_export_id", UUID.randomUUID().toString()),
                "/enabled", Map.of("enabled", "yes"),
                "/name", Map.of("name", "n".repeat(256)),
                "/colour", Map.of("colour", "red"));
        wrong.forEach((pointer, change) -> {
            Map<String, Object> form = form();
            form.putAll(change);
            ApiClient.Answer answer = post("", form).is(400);
            assertThat(answer.errors()).containsOnlyKeys(pointer);
            assertThat(answer.body()).doesNotContain("hunter2");
        });
        assertThat(post("", Map.of()).is(400).errors()).containsOnlyKeys("/url", "/secret");
        Map<String, Object> withUser = form();
        withUser.put("url", "https://user:password@example.com/");
        assertThat(post("", withUser).is(400).body()).doesNotContain("password@");
    }

    @Test
    void anAddressOfThisMachineNeedsTheOperatorsConsent() {
        try (ConfigurableApplicationContext strict =
                server.startAnother(Map.of("bx.limits.allow-private-endpoints", false))) {
            ApiClient outside = new ApiClient(TestServer.url(strict), TestServer.TOKEN, client.project());

            Map<String, String> errors = outside.send("POST", webhooks, ApiClient.JSON.writeValueAsString(form()))
                    .is(400)
                    .errors();

            assertThat(errors).containsOnlyKeys("/url");
            assertThat(errors.get("/url")).contains("BX_LIMITS_ALLOW_PRIVATE_ENDPOINTS");
        }
    }

    @Test
    void aTestTellsWhatCameOfIt() {
        String id = create(form());

        JsonNode passed = post(id + "/test/", Map.of()).is(200).json();
        assertThat(passed.get("delivered").booleanValue()).isTrue();
        assertThat(passed.get("status_code").intValue()).isEqualTo(200);
        assertThat(passed.get("response_excerpt").stringValue()).isEqualTo("thanks");
        assertThat(receiver.messages().getFirst().isSigned()).isTrue();
        assertThat(receiver.messages().getFirst().type()).isEqualTo("webhook.test");

        receiver.behave(Receiver.answering(403, "who are you?"));
        JsonNode failed = post(id + "/test/", Map.of()).is(200).json();
        assertThat(failed.get("delivered").booleanValue()).isFalse();
        assertThat(failed.get("error").stringValue()).isEqualTo("The receiver answered 403.");

        JsonNode log = client.send("GET", webhooks + id + "/deliveries/", "")
                .is(200)
                .json()
                .get("results");
        assertThat(ApiClient.texts(log, "status")).containsExactly("failed", "delivered");
        assertThat(log.at("/0/attempts/0/response_excerpt").stringValue()).isEqualTo("who are you?");
    }

    @Test
    void aMessageIsTriedAgainUnderTheSameIdUntilItArrivesAndEveryAttemptIsLogged() {
        String export = client.create(hourlyExport());
        String id = create(form());
        receiver.behave(Receiver.answering(500, "broken"));
        tell(export);
        Awaitility.await("two attempts")
                .atMost(SOON)
                .until(() -> receiver.messages().size() >= 2);
        receiver.behave(Receiver.answering(200, ""));

        Awaitility.await("delivery")
                .atMost(SOON)
                .until(() -> delivery(id).get("status").stringValue().equals("delivered"));

        JsonNode delivery = delivery(id);
        assertThat(receiver.messages()).allSatisfy(message -> {
            assertThat(message.id()).isEqualTo(delivery.get("id").stringValue());
            assertThat(message.body()).isEqualTo(delivery.get("body").stringValue());
            assertThat(message.isSigned()).isTrue();
        });
        JsonNode attempts = delivery.get("attempts");
        assertThat(attempts).hasSize(delivery.get("attempts_count").intValue()).hasSizeGreaterThan(2);
        assertThat(attempts.at("/0/status_code").intValue()).isEqualTo(500);
        assertThat(attempts.at("/0/response_excerpt").stringValue()).isEqualTo("broken");
        assertThat(attempts.get(attempts.size() - 1).get("delivered").booleanValue())
                .isTrue();
        assertThat(delivery.get("next_attempt_at").isNull()).isTrue();
    }

    @Test
    void messagesThatCannotBeSentAreTriedLessAndLessOftenAndHoldNobodyUp() {
        String export = client.create(hourlyExport());
        String broken = create(form());
        server.bean(JdbcClient.class)
                .sql("update webhooks set secret = (select secret from webhooks where id = :other::uuid)"
                        + " where id = :id::uuid")
                .param("id", broken)
                .param("other", create(form()))
                .update();
        for (int hour = 0; hour < 40; hour++) {
            tell(export, hour);
        }
        Awaitility.await("attempts")
                .atMost(SOON)
                .until(() -> delivery(broken).get("attempts_count").intValue() >= 2);

        String healthy = create(form());
        tell(export, 40);
        Awaitility.await("delivery of the healthy one")
                .atMost(SOON)
                .until(() -> delivery(healthy).get("status").stringValue().equals("delivered"));

        JsonNode failed = delivery(broken);
        assertThat(failed.get("status").stringValue()).isEqualTo("pending");
        assertThat(failed.at("/attempts/0/error").stringValue())
                .contains("secret cannot be decrypted", "BX_ENCRYPTION_KEYS");
        JsonNode tried = post(broken + "/test/", Map.of()).is(200).json();
        assertThat(tried.get("delivered").booleanValue()).isFalse();
        assertThat(tried.get("error").stringValue()).contains("secret cannot be decrypted");
        client.send("DELETE", webhooks + broken + "/", "").is(204);
    }

    private JsonNode delivery(String webhook) {
        return client.send("GET", webhooks + webhook + "/deliveries/", "")
                .is(200)
                .json()
                .at("/results/0");
    }

    @Test
    void aWebhookIsToldOfItsOwnProjectExportAndTypesOnly() {
        String export = client.create(hourlyExport());
        String other = client.create(hourlyExport());
        Map<String, Object> ofOther = form();
        ofOther.put("batch_export_id", other);
        Map<String, Object> ofOtherType = form();
        ofOtherType.put("events", List.of("batch_export.paused"));
        Map<String, Object> disabled = form();
        disabled.put("enabled", false);
        List<String> silent = List.of(create(ofOther), create(ofOtherType), create(disabled));
        Map<String, Object> ofExport = form();
        ofExport.put("batch_export_id", export);
        String told = create(ofExport);

        tell(export);

        Awaitility.await("delivery").atMost(SOON).until(() -> !delivery(told).isMissingNode());
        for (String id : silent) {
            assertThat(delivery(id).isMissingNode()).isTrue();
        }
    }

    @Test
    void aWebhookOfAnotherProjectIsNotFound() {
        String id = create(form());
        ApiClient other = ApiClient.forNewProject();
        String path = "/api/projects/" + other.project() + "/webhooks/";

        other.send("GET", path + id + "/", "").is(404);
        other.send("PATCH", path + id + "/", "{\"enabled\": false}").is(404);
        other.send("POST", path + id + "/test/", "").is(404);
        other.send("GET", path + id + "/deliveries/", "").is(404);
        other.send("DELETE", path + id + "/", "").is(404);
        assertThat(other.send("GET", path, "").is(200).json().get("results")).isEmpty();
        assertThat(receiver.messages()).isEmpty();
    }
}
