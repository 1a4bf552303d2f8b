package dev.batchexports.source.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.batchexports.core.error.ErrorKind;
import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.model.Model;
import dev.batchexports.core.source.EncodedRows;
import dev.batchexports.core.source.QueryTag;
import dev.batchexports.core.source.RowSelection;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Nothing goes on at the server that nobody waits for.
@Timeout(60)
class CancelTest {
    private static final Duration SOON = Duration.ofSeconds(20);
    /// Would stream for hours.
    private static final RowSelection ENDLESS = TestDatabase.selection(TestDatabase.model("endless"));

    private final TestDatabase database = TestDatabase.create();

    @BeforeEach
    void createEndlessView() {
        database.run(
                "CREATE VIEW endless AS SELECT number, toDateTime64('2026-11-01 10:30:00', 6, 'UTC') AS inserted_at"
                        + " FROM system.numbers LIMIT 1000000000000");
    }

    @AfterEach
    void close() {
        database.close();
    }

    private EncodedRows open(QueryTag tag) {
        EncodedRows rows = database.open(
                database.source(), ENDLESS, TestDatabase.whole(TestDatabase.HOUR), TestDatabase.JSON_LINES, tag);
        assertThat(rows.read(new byte[1000], 0, 1000)).isPositive();
        return rows;
    }

    /// How many queries of a run the server works on.
    private long running(QueryTag tag) {
        return Long.parseLong(
                database.run("SELECT count() FROM system.processes WHERE startsWith(Settings['log_comment'], '" + tag
                                + "-')")
                        .strip());
    }

    @Test
    void closingAStreamBeforeItsEndEndsTheQuery() {
        QueryTag tag = new QueryTag(UUID.randomUUID(), "slice-3", 1);

        try (EncodedRows _ = open(tag)) {
            await().atMost(SOON).until(() -> running(tag) == 1);
        }

        await().atMost(SOON).until(() -> running(tag) == 0);
    }

    @Test
    void cancellingARunEndsItsQueriesAndTheirStreamsFail() {
        UUID run = UUID.randomUUID();
        QueryTag first = new QueryTag(run, "slice-1", 1);
        QueryTag second = new QueryTag(run, "slice-2", 1);
        QueryTag other = new QueryTag(UUID.randomUUID(), "slice-1", 1);
        try (EncodedRows rows = open(first);
                EncodedRows moreRows = open(second);
                EncodedRows _ = open(other)) {

            try (ClickHouseSource anotherWorker = ClickHouseSource.open(database.settings())) {
                anotherWorker.cancelQueries(run);
            }

            assertFailsSoon(rows);
            assertFailsSoon(moreRows);
            await().atMost(SOON).until(() -> running(first) + running(second) == 0);
            assertThat(running(other)).isEqualTo(1);
        }
    }

    private static void assertFailsSoon(EncodedRows rows) {
        byte[] buffer = new byte[1 << 20];
        assertThatThrownBy(() -> {
                    while (rows.read(buffer, 0, buffer.length) >= 0) {
                        // What was under way is read first.
                    }
                })
                .isInstanceOfSatisfying(ExportException.class, failure -> {
                    assertThat(failure.kind()).isEqualTo(ErrorKind.TRANSIENT);
                    assertThat(failure.code()).isIn("QueryCancelled", "SourceStreamTorn");
                });
    }

    @Test
    void cancellingARunWithoutQueriesDoesNothing() {
        database.source().cancelQueries(UUID.randomUUID());
    }

    @Test
    void theNextAttemptEndsTheQueryOfTheFormerOne() {
        UUID run = UUID.randomUUID();
        QueryTag former = new QueryTag(run, "slice-1", 1);
        QueryTag neighbour = new QueryTag(run, "slice-11", 1);
        QueryTag next = new QueryTag(run, "slice-1", 2);
        try (EncodedRows abandoned = open(former);
                EncodedRows _ = open(neighbour);
                EncodedRows _ = open(next)) {
            assertFailsSoon(abandoned);
            await().atMost(SOON).until(() -> running(former) == 0);
            assertThat(running(next)).isEqualTo(1);
            assertThat(running(neighbour)).isEqualTo(1);
        }
    }

    @Test
    void twoStreamsOfTheSameTagDoNotCollide() {
        QueryTag tag = new QueryTag(UUID.randomUUID(), "slice-1", 1);
        try (EncodedRows _ = open(tag);
                EncodedRows _ = open(tag)) {
            assertThat(running(tag)).isEqualTo(2);
        }
    }

    @Test
    void aStreamThatWasReadToItsEndLeavesItsConnectionForOthers() {
        database.createEvents();
        database.insertEvents(10);
        RowSelection events = TestDatabase.selection(Model.events());
        for (int round = 0; round < 260; round++) {
            // More than there are connections.
            assertThat(database.export(events, TestDatabase.JSON_LINES).rows()).isEqualTo(10);
        }
    }

    @Test
    void anAbandonedStreamLeavesItsConnectionForOthers() {
        for (int round = 0; round < 20; round++) {
            open(TestDatabase.tag()).close();
        }
        assertThat(database.source().check()).isNotEmpty();
    }
}
