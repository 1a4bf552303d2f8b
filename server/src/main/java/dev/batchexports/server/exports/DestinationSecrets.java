package dev.batchexports.server.exports;

import dev.batchexports.server.security.SealedSecrets;
import java.util.List;
import java.util.UUID;

/// The secrets of the destinations, for the rotation of keys.
public final class DestinationSecrets implements SealedSecrets {
    private final ExportStore exports;

    public DestinationSecrets(ExportStore exports) {
        this.exports = exports;
    }

    @Override
    public String owners() {
        return "destinations";
    }

    @Override
    public List<Sealed> notBeginningWith(byte[] prefix) {
        return exports.sealedSecrets(prefix);
    }

    @Override
    public byte[] context(UUID id) {
        return DestinationCatalog.context(id);
    }

    @Override
    public boolean replace(Sealed former, String text) {
        return exports.replaceSecrets(former, text);
    }
}
