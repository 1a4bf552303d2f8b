package dev.batchexports.server.notify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.server.TestServer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

/// Which messages are sent next.
class WebhookStoreTest {
    /// Nobody delivers what is due then.
    private static final Instant FAR_AWAY = Instant.parse("2200-01-01T00:00:00Z");

    private final TestServer server = TestServer.get();
    private final WebhookStore store = server.bean(WebhookStore.class);

    private UUID webhook() {
        UUID id = UUID.randomUUID();
        store.insert(new Webhook(
                id, server.newProject(), null, "", "https://example.com/", "", List.of(), true, FAR_AWAY, FAR_AWAY));
        return id;
    }

    private void message(UUID webhook, Instant due) {
        UUID id = UUID.randomUUID();
        store.insertTest(id, webhook, "{}", FAR_AWAY);
        server.bean(JdbcClient.class)
                .sql("update webhook_deliveries set next_attempt_at = :due::timestamptz where id = :id")
                .param("id", id)
                .param("due", due.toString())
                .update();
    }

    @Test
    void aWebhookWithManyMessagesDoesNotMakeOthersWait() {
        UUID busy = webhook();
        UUID quiet = webhook();
        for (int number = 0; number < 3 * WebhookStore.AT_ONCE_OF_EACH; number++) {
            message(busy, FAR_AWAY.plusSeconds(number));
        }
        message(quiet, FAR_AWAY.plus(Duration.ofHours(1)));

        List<UUID> due = store.due(FAR_AWAY.plus(Duration.ofDays(1)), 10_000).stream()
                .map(Delivery::webhookId)
                .filter(webhook -> webhook.equals(busy) || webhook.equals(quiet))
                .toList();

        assertThat(due).startsWith(busy, quiet, busy).hasSize(WebhookStore.AT_ONCE_OF_EACH + 1);
        store.delete(busy);
        store.delete(quiet);
    }
}
