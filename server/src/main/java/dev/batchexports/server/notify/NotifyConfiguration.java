package dev.batchexports.server.notify;

import dev.batchexports.server.Settings;
import dev.batchexports.server.exports.ExportStore;
import dev.batchexports.server.security.EndpointGuard;
import dev.batchexports.server.security.Keyring;
import dev.batchexports.server.security.SealedSecrets;
import dev.batchexports.server.store.Leadership;
import java.time.Clock;
import javax.sql.DataSource;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

/// Wires notifications. Every process writes to the outbox; a process that serves the API empties it.
@Configuration(proxyBeanMethods = false)
public class NotifyConfiguration {
    /// Stands for the delivery of messages among PostgreSQL's advisory locks.
    private static final long DELIVERY_LOCK = 0x62782d6e6f746679L;

    @Bean
    Outbox outbox(JdbcClient jdbc) {
        return new Outbox(jdbc);
    }

    @Bean
    WebhookStore webhookStore(JdbcClient jdbc) {
        return new WebhookStore(jdbc);
    }

    @Bean
    SealedSecrets webhookSecrets(WebhookStore store) {
        return new WebhookSecrets(store);
    }

    @Bean(destroyMethod = "close")
    WebhookSender webhookSender(EndpointGuard guard, NotifySettings settings, Clock clock) {
        return new WebhookSender(guard, settings.timeout(), clock);
    }

    @Bean
    WebhookService webhookService(
            WebhookStore store,
            ExportStore exports,
            EndpointGuard guard,
            Keyring keyring,
            WebhookSender sender,
            NotifySettings settings,
            Clock clock) {
        JsonMapper json = JsonMapper.builder()
                .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                .build();
        return new WebhookService(store, exports, guard, keyring, sender, settings, json, clock);
    }

    @Bean
    DeliveryLoop deliveryLoop(
            WebhookStore store,
            WebhookService webhooks,
            DataSource database,
            NotifySettings notify,
            Settings settings,
            Clock clock) {
        return new DeliveryLoop(
                store, webhooks, new Leadership(database, DELIVERY_LOCK), notify, settings.role(), clock);
    }
}
