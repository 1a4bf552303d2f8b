package dev.batchexports.server.api;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/// How often a token may ask. Each process of the server counts for itself.
///
/// @param perSecond requests of one token in a second, in the long run; 0 for any number
/// @param burst requests of one token at once
@ConfigurationProperties("bx.requests")
record RequestSettings(
        @DefaultValue("200") int perSecond,
        @DefaultValue("2000") int burst) {
    RequestSettings {
        if (perSecond < 0 || burst < 1) {
            throw new IllegalArgumentException(
                    "BX_REQUESTS_PER_SECOND must be 0 or more, and BX_REQUESTS_BURST 1 or more");
        }
    }
}
