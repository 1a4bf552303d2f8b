package dev.batchexports.server.notify;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/// @param interval how often the outbox is looked into
/// @param timeout how long one attempt may take in all
/// @param firstRetry how long after the first failed attempt the second one follows; each further one waits
///     four times as long, four hours at most
/// @param giveUpAfter how long a message is tried
/// @param retention how long messages and their log are kept
@ConfigurationProperties("bx.notify")
public record NotifySettings(
        @DefaultValue("1s") Duration interval,
        @DefaultValue("10s") Duration timeout,
        @DefaultValue("5s") Duration firstRetry,
        @DefaultValue("24h") Duration giveUpAfter,
        @DefaultValue("30d") Duration retention) {
    private static final int FACTOR = 4;
    private static final Duration LONGEST_WAIT = Duration.ofHours(4);

    /// How long to wait after a number of failed attempts.
    Duration waitAfter(int attempts) {
        Duration wait = firstRetry;
        for (int attempt = 1; attempt < attempts && wait.compareTo(LONGEST_WAIT) < 0; attempt++) {
            wait = wait.multipliedBy(FACTOR);
        }
        return wait.compareTo(LONGEST_WAIT) < 0 ? wait : LONGEST_WAIT;
    }
}
