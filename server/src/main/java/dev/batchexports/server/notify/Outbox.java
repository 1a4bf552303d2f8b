package dev.batchexports.server.notify;

import static dev.batchexports.server.store.Columns.timestamp;

import java.util.UUID;
import org.springframework.jdbc.core.simple.JdbcClient;

/// What has happened and is to be told. To be written to in the transaction that makes it happen, so that
/// neither is ever there without the other.
public final class Outbox {
    private final JdbcClient jdbc;

    public Outbox(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /// Has a change told to every webhook that is there now and wants it. Does nothing when this change was
    /// added before.
    ///
    /// @return whether it is new
    public boolean add(Notification notification) {
        return jdbc.sql("""
                        with added as (
                            insert into notifications (id, change, project_id, batch_export_id, type, body, created_at)
                            values (:id, :change, :project, :export, :type, :body, :now)
                            on conflict (change) do nothing returning *),
                        messages as (
                            insert into webhook_deliveries (id, webhook_id, notification_id, type, body, status,
                                next_attempt_at, created_at)
                            select gen_random_uuid(), webhooks.id, added.id, added.type, added.body, 'pending',
                                added.created_at, added.created_at
                            from added join webhooks on webhooks.project_id = added.project_id and webhooks.enabled
                                and (webhooks.batch_export_id is null
                                     or webhooks.batch_export_id = added.batch_export_id)
                                and (cardinality(webhooks.events) = 0 or added.type = any(webhooks.events)))
                        select count(*) > 0 from added
                        """)
                .param("id", UUID.randomUUID())
                .param("change", notification.change())
                .param("project", notification.projectId())
                .param("export", notification.exportId())
                .param("type", notification.type().word())
                .param("body", notification.body())
                .param("now", timestamp(notification.at()))
                .query(Boolean.class)
                .single();
    }
}
