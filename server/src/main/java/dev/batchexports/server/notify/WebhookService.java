package dev.batchexports.server.notify;

import dev.batchexports.server.exports.ExportStore;
import dev.batchexports.server.request.ConflictException;
import dev.batchexports.server.request.JsonFields;
import dev.batchexports.server.request.NotFoundException;
import dev.batchexports.server.request.Violations;
import dev.batchexports.server.security.EndpointGuard;
import dev.batchexports.server.security.Keyring;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Creates, changes and tests webhooks, and delivers messages to them.
public final class WebhookService {
    private static final Logger LOG = LoggerFactory.getLogger(WebhookService.class);
    private static final int MOST_OF_A_PROJECT = 50;
    private static final int LONGEST_URL = 2000;

    private final WebhookStore store;
    private final ExportStore exports;
    private final EndpointGuard guard;
    private final Keyring keyring;
    private final WebhookSender sender;
    private final NotifySettings settings;
    private final JsonMapper json;
    private final Clock clock;

    WebhookService(
            WebhookStore store,
            ExportStore exports,
            EndpointGuard guard,
            Keyring keyring,
            WebhookSender sender,
            NotifySettings settings,
            JsonMapper json,
            Clock clock) {
        this.store = store;
        this.exports = exports;
        this.guard = guard;
        this.keyring = keyring;
        this.sender = sender;
        this.settings = settings;
        this.json = json;
        this.clock = clock;
    }

    /// @throws dev.batchexports.server.request.InvalidRequestException naming everything that is wrong
    /// @throws ConflictException when the project has too many
    public Webhook create(long projectId, JsonNode body) {
        if (store.count(projectId) >= MOST_OF_A_PROJECT) {
            throw new ConflictException(
                    "too_many_webhooks", "A project has " + MOST_OF_A_PROJECT + " webhooks at most: delete one first.");
        }
        Violations violations = new Violations();
        WebhookForm form = form(body, violations);
        violations.require(form.secret() != null, "/secret", "is required");
        check(projectId, form, violations);
        Instant now = now();
        UUID id = UUID.randomUUID();
        Webhook webhook = new Webhook(
                id,
                projectId,
                form.batchExportId(),
                form.name() == null ? "" : form.name(),
                Objects.requireNonNull(form.url()),
                seal(id, Objects.requireNonNull(form.secret())),
                form.events() == null ? List.of() : form.events(),
                form.enabled() == null || form.enabled(),
                now,
                now);
        store.insert(webhook);
        return webhook;
    }

    /// Changes the fields that are given; null takes one back to its default.
    ///
    /// @throws dev.batchexports.server.request.InvalidRequestException naming everything that is wrong
    public Webhook change(long projectId, UUID id, JsonNode change) {
        Webhook webhook = find(projectId, id);
        Violations violations = new Violations();
        WebhookForm form = form(merged(webhook, change), violations);
        check(projectId, form, violations);
        Webhook changed = new Webhook(
                id,
                projectId,
                form.batchExportId(),
                form.name() == null ? "" : form.name(),
                Objects.requireNonNull(form.url()),
                form.secret() == null ? webhook.sealedSecret() : seal(id, form.secret()),
                form.events() == null ? List.of() : form.events(),
                form.enabled() == null || form.enabled(),
                webhook.createdAt(),
                now());
        store.update(changed);
        return changed;
    }

    private JsonNode merged(Webhook webhook, JsonNode change) {
        if (!(change instanceof ObjectNode fields)) {
            return change;
        }
        ObjectNode merged = json.createObjectNode();
        merged.put("name", webhook.name());
        merged.put("url", webhook.url());
        if (webhook.exportId() != null) {
            merged.put("batch_export_id", webhook.exportId().toString());
        }
        merged.set("events", json.valueToTree(webhook.events()));
        merged.put("enabled", webhook.enabled());
        fields.properties().forEach(field -> merged.set(field.getKey(), field.getValue()));
        return merged;
    }

    private WebhookForm form(JsonNode body, Violations violations) {
        JsonNode known = body;
        if (body instanceof ObjectNode object) {
            ObjectNode fields = object.deepCopy();
            fields.remove(WebhookForm.READ_ONLY);
            known = fields;
        }
        return json.treeToValue(JsonFields.wellFormed(known, WebhookForm.class, "", violations), WebhookForm.class);
    }

    private void check(long projectId, WebhookForm form, Violations violations) {
        violations.require(
                form.name() == null || form.name().length() <= WebhookForm.NAME_LENGTH,
                "/name",
                "must have at most " + WebhookForm.NAME_LENGTH + " characters");
        violations.require(form.url() != null, "/url", "is required");
        if (form.url() != null) {
            violations.require(form.url().length() <= LONGEST_URL, "/url", "is too long");
            guard.refusals(Map.of("url", form.url())).forEach((field, message) -> violations.add("/url", message));
        }
        violations.require(
                form.secret() == null || WebhookSecret.parse(form.secret()).isPresent(),
                "/secret",
                WebhookSecret.EXPECTED);
        violations.require(
                form.batchExportId() == null
                        || exports.find(projectId, form.batchExportId()).isPresent(),
                "/batch_export_id",
                "is not a batch export of this project");
        List<String> events = form.events() == null ? List.of() : form.events();
        for (int index = 0; index < events.size(); index++) {
            violations.require(
                    EventType.ofSubscription(events.get(index)).isPresent(),
                    "/events/" + index,
                    "is not a type of event that a webhook can want");
        }
        violations.orThrow();
    }

    /// @throws NotFoundException when the project has no such webhook
    public Webhook find(long projectId, UUID id) {
        return store.find(projectId, id).orElseThrow(() -> new NotFoundException("webhook"));
    }

    /// A page of a project's webhooks, newest first.
    public List<Webhook> list(long projectId, @Nullable WebhookCursor after, int limit) {
        return store.list(projectId, after, limit);
    }

    /// Removes a webhook; messages that are under way to it may still arrive.
    public void delete(long projectId, UUID id) {
        store.delete(find(projectId, id).id());
    }

    /// A page of a webhook's messages, newest first.
    public List<Delivery> deliveries(long projectId, UUID id, @Nullable WebhookCursor after, int limit) {
        return store.deliveries(find(projectId, id).id(), after, limit);
    }

    /// Sends a message at once, and only once.
    public DeliveryAttempt test(long projectId, UUID id) {
        Webhook webhook = find(projectId, id);
        Instant now = now();
        Delivery delivery = new Delivery(
                UUID.randomUUID(),
                id,
                EventType.TEST.word(),
                Notification.body(EventType.TEST, Map.of("project_id", projectId, "webhook_id", id.toString()), now),
                Delivery.Status.PENDING,
                0,
                null,
                now,
                null,
                List.of());
        store.insertTest(delivery.id(), id, delivery.body(), now);
        DeliveryAttempt attempt = attempt(delivery, webhook);
        store.record(
                delivery.id(),
                attempt,
                attempt.isDelivered() ? Delivery.Status.DELIVERED : Delivery.Status.FAILED,
                null,
                now());
        return attempt;
    }

    /// Makes the next attempt to deliver a message.
    void deliver(Delivery delivery) {
        Webhook webhook = store.find(delivery.webhookId()).orElse(null);
        if (webhook == null) {
            return;
        }
        DeliveryAttempt attempt = attempt(delivery, webhook);
        Instant now = now();
        if (attempt.isDelivered()) {
            store.record(delivery.id(), attempt, Delivery.Status.DELIVERED, null, now);
            return;
        }
        Instant next = now.plus(settings.waitAfter(delivery.attempts() + 1));
        if (next.isAfter(delivery.createdAt().plus(settings.giveUpAfter()))) {
            store.record(delivery.id(), attempt, Delivery.Status.FAILED, null, now);
        } else {
            store.record(delivery.id(), attempt, Delivery.Status.PENDING, next, now);
        }
    }

    /// What keeps a message from being sent at all is a failed attempt too: it is tried again, less and less often.
    private DeliveryAttempt attempt(Delivery delivery, Webhook webhook) {
        Instant startedAt = now();
        try {
            return sender.send(delivery, webhook.url(), unseal(webhook));
        } catch (Keyring.UndecryptableException e) {
            LOG.warn("The secret of the webhook {} cannot be decrypted with BX_ENCRYPTION_KEYS", webhook.id());
            return notSent(
                    startedAt,
                    "The webhook's secret cannot be decrypted: enter it again, or have the key that was removed put"
                            + " back into BX_ENCRYPTION_KEYS.");
        } catch (RuntimeException e) {
            // Its message may hold parts of the URL or of the secret.
            String problem = e.getClass().getSimpleName();
            LOG.error("The message {} of the webhook {} cannot be sent: {}", delivery.id(), webhook.id(), problem);
            return notSent(startedAt, "The message cannot be sent (" + problem + "): enter the URL and secret again.");
        }
    }

    private static DeliveryAttempt notSent(Instant startedAt, String error) {
        return new DeliveryAttempt(startedAt, Duration.ZERO, null, "", error);
    }

    private String seal(UUID id, String secret) {
        return Base64.getEncoder()
                .encodeToString(keyring.encrypt(secret.getBytes(StandardCharsets.US_ASCII), context(id)));
    }

    private WebhookSecret unseal(Webhook webhook) {
        byte[] plain = keyring.decrypt(Base64.getDecoder().decode(webhook.sealedSecret()), context(webhook.id()));
        return WebhookSecret.parse(new String(plain, StandardCharsets.US_ASCII)).orElseThrow();
    }

    static byte[] context(UUID id) {
        return ("webhook-secret:" + id).getBytes(StandardCharsets.US_ASCII);
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MICROS);
    }
}
