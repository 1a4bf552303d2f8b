package dev.batchexports.server.notify;

import static dev.batchexports.server.store.Columns.array;
import static dev.batchexports.server.store.Columns.instant;
import static dev.batchexports.server.store.Columns.instantOrNull;
import static dev.batchexports.server.store.Columns.integerOrNull;
import static dev.batchexports.server.store.Columns.strings;
import static dev.batchexports.server.store.Columns.timestamp;
import static dev.batchexports.server.store.Columns.timestampOrNull;

import dev.batchexports.server.security.SealedSecrets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/// Webhooks, their messages and the log of these, in the metadata database.
class WebhookStore {
    static final int AT_ONCE_OF_EACH = 8;

    private final JdbcClient jdbc;

    WebhookStore(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    void insert(Webhook webhook) {
        bind(jdbc.sql("""
                insert into webhooks (id, project_id, batch_export_id, name, url, secret, events, enabled, created_at,
                    last_updated_at)
                values (:id, :project, :export, :name, :url, :secret, :events, :enabled, :created_at, :last_updated_at)
                """), webhook).update();
    }

    void update(Webhook webhook) {
        bind(jdbc.sql("""
                update webhooks set batch_export_id = :export, name = :name, url = :url, secret = :secret,
                    events = :events, enabled = :enabled, last_updated_at = :last_updated_at
                where id = :id and project_id = :project and created_at = :created_at
                """), webhook).update();
    }

    private static JdbcClient.StatementSpec bind(JdbcClient.StatementSpec statement, Webhook webhook) {
        return statement
                .param("id", webhook.id())
                .param("project", webhook.projectId())
                .param("export", webhook.exportId())
                .param("name", webhook.name())
                .param("url", webhook.url())
                .param("secret", webhook.sealedSecret())
                .param("events", array(webhook.events()))
                .param("enabled", webhook.enabled())
                .param("created_at", timestamp(webhook.createdAt()))
                .param("last_updated_at", timestamp(webhook.lastUpdatedAt()));
    }

    /// Removes a webhook, with its messages and their log.
    void delete(UUID id) {
        jdbc.sql("delete from webhooks where id = :id").param("id", id).update();
    }

    Optional<Webhook> find(UUID id) {
        return jdbc.sql("select * from webhooks where id = :id")
                .param("id", id)
                .query(WebhookStore::readWebhook)
                .optional();
    }

    Optional<Webhook> find(long projectId, UUID id) {
        return find(id).filter(webhook -> webhook.projectId() == projectId);
    }

    int count(long projectId) {
        return jdbc.sql("select count(*) from webhooks where project_id = :project")
                .param("project", projectId)
                .query(Integer.class)
                .single();
    }

    /// A page of a project's webhooks, newest first.
    List<Webhook> list(long projectId, @Nullable WebhookCursor after, int limit) {
        return jdbc.sql("""
                        select * from webhooks where project_id = :project
                          and (:after_time::timestamptz is null
                               or (created_at, id) < (:after_time::timestamptz, :after_id::uuid))
                        order by created_at desc, id desc limit :limit
                        """)
                .param("project", projectId)
                .param("after_time", timestampOrNull(after == null ? null : after.createdAt()))
                .param("after_id", after == null ? null : after.id())
                .param("limit", limit)
                .query(WebhookStore::readWebhook)
                .list();
    }

    /// A message that somebody wants to be sent now, and once only.
    void insertTest(UUID id, UUID webhookId, String body, Instant now) {
        jdbc.sql("""
                        insert into webhook_deliveries (id, webhook_id, type, body, status, created_at)
                        values (:id, :webhook, :type, :body, 'pending', :now)
                        """)
                .param("id", id)
                .param("webhook", webhookId)
                .param("type", EventType.TEST.word())
                .param("body", body)
                .param("now", timestamp(now))
                .update();
    }

    /// Messages that are due, those of disabled webhooks left out: they wait. The first of each webhook come before the
    /// second of any, and few of each are taken: one with many messages does not make the others wait.
    List<Delivery> due(Instant now, int limit) {
        return jdbc.sql("""
                        select due.* from webhooks cross join lateral (
                            select *, row_number() over (order by next_attempt_at, id) as place
                            from webhook_deliveries where webhook_id = webhooks.id and next_attempt_at <= :now
                            order by next_attempt_at, id limit :each) as due
                        where webhooks.enabled order by place, next_attempt_at, due.id limit :limit
                        """)
                .param("now", timestamp(now))
                .param("each", AT_ONCE_OF_EACH)
                .param("limit", limit)
                .query((row, number) -> readDelivery(row, List.of()))
                .list();
    }

    /// Records an attempt. Does nothing when the webhook was deleted meanwhile.
    ///
    /// @param nextAttemptAt null when there will be no further one
    void record(
            UUID id, DeliveryAttempt attempt, Delivery.Status status, @Nullable Instant nextAttemptAt, Instant now) {
        jdbc.sql("""
                        with delivery as (
                            update webhook_deliveries set attempts = attempts + 1, status = :status,
                                next_attempt_at = :next::timestamptz, finished_at = case when :finished then :now::timestamptz end
                            where id = :id returning id, attempts)
                        insert into webhook_attempts (delivery_id, number, started_at, latency_ms, status_code,
                            response, error)
                        select id, attempts, :started_at, :latency, :status_code::integer, :response, :error from delivery
                        """)
                .param("id", id)
                .param("status", status.word())
                .param("next", timestampOrNull(nextAttemptAt))
                .param("finished", status != Delivery.Status.PENDING)
                .param("now", timestamp(now))
                .param("started_at", timestamp(attempt.startedAt()))
                .param("latency", attempt.latency().toMillis())
                .param("status_code", attempt.statusCode())
                .param("response", attempt.response())
                .param("error", attempt.error())
                .update();
    }

    /// A page of a webhook's messages, newest first.
    List<Delivery> deliveries(UUID webhookId, @Nullable WebhookCursor after, int limit) {
        List<Delivery> page = jdbc.sql("""
                        select * from webhook_deliveries where webhook_id = :webhook
                          and (:after_time::timestamptz is null
                               or (created_at, id) < (:after_time::timestamptz, :after_id::uuid))
                        order by created_at desc, id desc limit :limit
                        """)
                .param("webhook", webhookId)
                .param("after_time", timestampOrNull(after == null ? null : after.createdAt()))
                .param("after_id", after == null ? null : after.id())
                .param("limit", limit)
                .query((row, number) -> readDelivery(row, List.of()))
                .list();
        Map<UUID, List<DeliveryAttempt>> logs =
                attempts(page.stream().map(Delivery::id).toArray(UUID[]::new));
        return page.stream()
                .map(delivery -> new Delivery(
                        delivery.id(),
                        delivery.webhookId(),
                        delivery.type(),
                        delivery.body(),
                        delivery.status(),
                        delivery.attempts(),
                        delivery.nextAttemptAt(),
                        delivery.createdAt(),
                        delivery.finishedAt(),
                        logs.getOrDefault(delivery.id(), List.of())))
                .toList();
    }

    private record Logged(UUID deliveryId, DeliveryAttempt attempt) {}

    private Map<UUID, List<DeliveryAttempt>> attempts(UUID[] deliveries) {
        return jdbc
                .sql("select * from webhook_attempts where delivery_id = any(:deliveries) order by number")
                .param("deliveries", deliveries)
                .query((row, number) -> new Logged(
                        Objects.requireNonNull(row.getObject("delivery_id", UUID.class)),
                        new DeliveryAttempt(
                                instant(row, "started_at"),
                                Duration.ofMillis(row.getLong("latency_ms")),
                                integerOrNull(row, "status_code"),
                                row.getString("response"),
                                row.getString("error"))))
                .list()
                .stream()
                .collect(Collectors.groupingBy(
                        Logged::deliveryId, Collectors.mapping(Logged::attempt, Collectors.toList())));
    }

    /// The encrypted secrets of all webhooks.
    List<SealedSecrets.Sealed> sealedSecrets(byte[] otherThan) {
        return jdbc.sql("""
                        select id, secret from webhooks
                        where substring(decode(left(secret, 8), 'base64') from 1 for 5) < :prefix
                            or substring(decode(left(secret, 8), 'base64') from 1 for 5) > :prefix
                        """)
                .param("prefix", otherThan)
                .query((row, number) -> new SealedSecrets.Sealed(
                        Objects.requireNonNull(row.getObject("id", UUID.class)), row.getString("secret")))
                .list();
    }

    /// Puts the same secret, encrypted with another key, in the place of a cipher text that is still there.
    boolean replaceSecret(SealedSecrets.Sealed former, String text) {
        return jdbc.sql("update webhooks set secret = :text where id = :id and secret = :former")
                        .param("id", former.id())
                        .param("text", text)
                        .param("former", former.text())
                        .update()
                == 1;
    }

    /// Removes what is older, sent or not.
    void deleteOlderThan(Instant time) {
        jdbc.sql("delete from webhook_deliveries where created_at < :time")
                .param("time", timestamp(time))
                .update();
        jdbc.sql("delete from notifications where created_at < :time")
                .param("time", timestamp(time))
                .update();
    }

    private static Webhook readWebhook(ResultSet row, int number) throws SQLException {
        return new Webhook(
                Objects.requireNonNull(row.getObject("id", UUID.class)),
                row.getLong("project_id"),
                row.getObject("batch_export_id", UUID.class),
                row.getString("name"),
                row.getString("url"),
                row.getString("secret"),
                strings(row, "events"),
                row.getBoolean("enabled"),
                instant(row, "created_at"),
                instant(row, "last_updated_at"));
    }

    private static Delivery readDelivery(ResultSet row, List<DeliveryAttempt> log) throws SQLException {
        return new Delivery(
                Objects.requireNonNull(row.getObject("id", UUID.class)),
                Objects.requireNonNull(row.getObject("webhook_id", UUID.class)),
                row.getString("type"),
                row.getString("body"),
                Delivery.Status.of(row.getString("status")),
                row.getInt("attempts"),
                instantOrNull(row, "next_attempt_at"),
                instant(row, "created_at"),
                instantOrNull(row, "finished_at"),
                log);
    }
}
