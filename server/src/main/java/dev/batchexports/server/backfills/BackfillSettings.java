package dev.batchexports.server.backfills;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/// @param maxConcurrency how many runs of one backfill may be asked for at once
@ConfigurationProperties("bx.backfills")
public record BackfillSettings(@DefaultValue("50") int maxConcurrency) {
    public BackfillSettings {
        if (maxConcurrency < 1) {
            throw new IllegalArgumentException("BX_BACKFILLS_MAX_CONCURRENCY must be at least 1");
        }
    }
}
