package dev.batchexports.server.notify;

import dev.batchexports.server.security.SealedSecrets;
import java.util.List;
import java.util.UUID;

/// The secrets of the webhooks, for the rotation of keys.
final class WebhookSecrets implements SealedSecrets {
    private final WebhookStore webhooks;

    WebhookSecrets(WebhookStore webhooks) {
        this.webhooks = webhooks;
    }

    @Override
    public String owners() {
        return "webhooks";
    }

    @Override
    public List<Sealed> notBeginningWith(byte[] prefix) {
        return webhooks.sealedSecrets(prefix);
    }

    @Override
    public byte[] context(UUID id) {
        return WebhookService.context(id);
    }

    @Override
    public boolean replace(Sealed former, String text) {
        return webhooks.replaceSecret(former, text);
    }
}
