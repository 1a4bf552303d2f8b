package dev.batchexports.source.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.batchexports.core.error.ErrorKind;
import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.model.Model;
import dev.batchexports.core.secret.Secret;
import dev.batchexports.core.source.EncodedRows;
import dev.batchexports.core.source.RowSelection;
import dev.batchexports.embedded.Component;
import java.time.Duration;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A server that dies, hangs or is not there.
@Timeout(90)
class EngineFailureTest {
    private static final RowSelection EVENTS = TestDatabase.selection(Model.events());

    @Test
    void aServerThatFailsIsTriedAgainAndThenServes() {
        TestEngine engine = TestEngine.start();
        try (TestDatabase database = TestDatabase.create(engine);
                ClickHouseSource impatient = ClickHouseSource.open(
                        database.settings().withTimeouts(Duration.ofSeconds(1), Duration.ofSeconds(1)))) {
            database.createEvents();
            database.insertEvents(200_000);

            try (EncodedRows rows = open(impatient)) {
                engine.platform().pause(Component.CLICKHOUSE);
                assertPasses(() -> readAll(rows), "SourceStreamTorn");
                assertPasses(() -> impatient.count(EVENTS, TestDatabase.tag()), "SourceUnavailable");
                engine.platform().resume(Component.CLICKHOUSE);
            }
            try (EncodedRows rows = open(database.source())) {
                engine.platform().kill(Component.CLICKHOUSE);
                assertPasses(() -> readAll(rows), "SourceStreamTorn");
            }
            assertPasses(() -> database.source().check(), "SourceUnavailable");

            engine.platform().start(Component.CLICKHOUSE);
            assertThat(database.source().count(EVENTS, TestDatabase.tag())).isEqualTo(200_000);
        } finally {
            engine.platform().close();
        }
    }

    private static EncodedRows open(ClickHouseSource source) {
        return source.open(
                EVENTS,
                source.columns(EVENTS, TestDatabase.tag()),
                TestDatabase.whole(TestDatabase.HOUR),
                TestDatabase.JSON_LINES,
                TestDatabase.tag());
    }

    private static void readAll(EncodedRows rows) {
        byte[] buffer = new byte[64 << 10];
        while (rows.read(buffer, 0, buffer.length) >= 0) {
            // On to the end.
        }
    }

    private static void assertPasses(ThrowingCallable call, String code) {
        assertThatThrownBy(call).isInstanceOfSatisfying(ExportException.class, failure -> {
            assertThat(failure.kind()).isEqualTo(ErrorKind.TRANSIENT);
            assertThat(failure.code()).isEqualTo(code);
        });
    }

    @Test
    void anUnknownHostIsUnavailable() {
        assertPasses(
                () -> ClickHouseSource.open(ClickHouseSettings.of(
                                "http://no-such-host.invalid:8123", "default", new Secret(""), "default"))
                        .check(),
                "SourceUnavailable");
    }
}
