package dev.batchexports.server.workflow;

import dev.batchexports.server.exports.BatchExport;
import dev.batchexports.server.store.Json;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeMap;

/// Identifies what decides which rows a run writes and where to: model, filters, destination without its
/// secrets.
///
/// The slices of a run are written one after the other, each by an activity that loads the export anew.
/// Were the export pointed at another bucket in the middle of a run, the run would leave half of its
/// slices in each. A run therefore keeps the fingerprint that it was planned with and stops when it no
/// longer fits. Secrets may change: a run that retries on a wrong password goes on with the right one.
final class SettingsFingerprint {
    private SettingsFingerprint() {}

    static String of(BatchExport export) {
        String settings = Json.write(List.of(
                export.projectId(),
                export.model(),
                export.includeEvents(),
                export.excludeEvents(),
                export.filters(),
                export.destination().type(),
                new TreeMap<>(export.destination().config()),
                export.rerunMode().word()));
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(settings.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
