package dev.batchexports.server.backfills;

import dev.batchexports.server.exports.BatchExport;
import dev.batchexports.server.exports.ExportStore;
import dev.batchexports.server.notify.Notification;
import dev.batchexports.server.notify.Outbox;
import java.time.Instant;
import java.util.UUID;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/// Ends backfills, tells of it, and leaves to the export's schedule what the backfill was to export and did not: all
/// in one transaction.
@Component
public class BackfillEndings {
    private final BackfillStore backfills;
    private final ExportStore exports;
    private final Outbox outbox;

    public BackfillEndings(BackfillStore backfills, ExportStore exports, Outbox outbox) {
        this.backfills = backfills;
        this.exports = exports;
        this.outbox = outbox;
    }

    /// @param status a final one
    /// @return false when it was finished already: then nothing has changed
    @Transactional
    public boolean end(UUID id, BackfillStatus status, Instant now) {
        if (!status.isFinished()) {
            throw new IllegalArgumentException(status + " does not end a backfill");
        }
        if (!backfills.move(id, status, now)) {
            return false;
        }
        Backfill ended = backfills.find(id).orElseThrow();
        BatchExport export = exports.find(ended.exportId()).orElseThrow();
        outbox.add(Notification.backfillFinished(export, ended, now));
        if (status != BackfillStatus.COMPLETED
                && ended.rerunOf() == null
                && ended.endAt().isAfter(export.firstIntervalStart())) {
            exports.refill(export.id(), ended.startAt(), now);
        }
        return true;
    }
}
