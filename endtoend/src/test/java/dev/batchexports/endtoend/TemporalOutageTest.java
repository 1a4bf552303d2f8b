package dev.batchexports.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.embedded.Component;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Intervals pass while Temporal is away: each of them is exported once it is back.
class TemporalOutageTest {
    private static final Duration OUTAGE = Duration.ofSeconds(45);

    private final Installation installation = Installation.get();
    private final Api api = installation.api;
    private final long project = installation.newProject();

    @Test
    void anOutageOfTemporalLosesNoInterval() {
        Map<String, Object> body = installation.hourlyExport("temporal-outage");
        body.put("interval", "every 10 seconds");
        body.put("settle_seconds", 3);
        String export = api.createExport(project, body);
        Instant begin = Instant.now().plusSeconds(10);
        List<UUID> landed = new ArrayList<>();

        installation.platform.kill(Component.TEMPORAL);
        try {
            Awaitility.await("the outage to last long enough")
                    .atMost(OUTAGE.multipliedBy(4))
                    .pollInterval(Duration.ofSeconds(1))
                    .until(() -> {
                        Instant now = Instant.now().truncatedTo(ChronoUnit.MICROS);
                        if (now.isAfter(begin)) {
                            landed.add(installation.table.insertAt(project, now));
                        }
                        return now.isAfter(begin.plus(OUTAGE));
                    });
        } finally {
            installation.platform.start(Component.TEMPORAL);
        }
        Instant end = Instant.now();

        Awaitility.await("every interval of the outage to be exported")
                .atMost(Duration.ofMinutes(4))
                .pollInterval(Duration.ofSeconds(1))
                .ignoreExceptions()
                .untilAsserted(() -> assertThat(states(export, begin, end))
                        .hasSizeGreaterThanOrEqualTo(4)
                        .containsOnly("completed"));
        assertThat(api.post(Api.export(project, export) + "pause/", Map.of()).status())
                .isEqualTo(200);
        assertThat(installation.bucket.uuids("temporal-outage/")).containsExactlyInAnyOrderElementsOf(landed);
    }

    private List<String> states(String export, Instant start, Instant end) {
        JsonNode intervals = api.get(Api.export(project, export) + "intervals/?start=" + start + "&end=" + end)
                .json();
        List<String> states = new ArrayList<>();
        for (JsonNode interval : intervals.get("results")) {
            states.add(interval.get("state").asString());
        }
        return states;
    }
}
