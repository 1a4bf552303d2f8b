package dev.batchexports.source.clickhouse;

import dev.batchexports.core.source.QueryTag;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

/// A statement on its way to ClickHouse.
///
/// @param id unique among all queries, so that an attempt never collides with a former one that still runs;
///     empty for one that ClickHouse chooses
/// @param settings ClickHouse settings
/// @param compression what the answer may be compressed with
/// @param patience how long the server may be silent
record Query(
        String id,
        Authority authority,
        Statement statement,
        Map<String, String> settings,
        StreamCompression compression,
        Duration patience) {
    /// Whose rights a statement has.
    enum Authority {
        SOURCE,
        /// For a statement that holds SQL of a user.
        USER_QUERY
    }

    /// An id that begins with the tag.
    static String newId(QueryTag tag) {
        return String.format(
                Locale.ROOT, "%s-%08x", tag, ThreadLocalRandom.current().nextInt());
    }

    /// What the ids of all attempts of one purpose of a run begin with.
    static String prefix(QueryTag tag) {
        return QueryTag.prefix(tag.runId()) + tag.purpose() + "-";
    }
}
