package dev.batchexports.endtoend;

import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import tools.jackson.databind.JsonNode;

/// A user who asks for backfills, retries and cancellations all the time, of intervals that are at work
/// too, and who retries what failed and unpauses what was paused for its failures.
final class Visitor implements AutoCloseable {
    private static final int CREATED = 201;

    private final Api api;
    private final long project;
    private final List<String> exports;
    private final Duration interval;
    private final Instant earliest;
    private final Random random;
    private final Thread thread = Thread.ofVirtual().unstarted(this::run);
    private final AtomicInteger backfills = new AtomicInteger();
    private final AtomicInteger retries = new AtomicInteger();
    private final AtomicInteger cancellations = new AtomicInteger();
    private final AtomicInteger unpaused = new AtomicInteger();
    private final Set<String> paused = new HashSet<>();
    private final Set<String> mended = new HashSet<>();
    private volatile boolean closed;

    /// @param earliest the start of the first interval to ask for
    Visitor(Api api, long project, List<String> exports, Duration interval, Instant earliest, Random random) {
        this.api = api;
        this.project = project;
        this.exports = exports;
        this.interval = interval;
        this.earliest = earliest;
        this.random = random;
    }

    void start() {
        thread.start();
    }

    int backfills() {
        return backfills.get();
    }

    int retries() {
        return retries.get();
    }

    int cancellations() {
        return cancellations.get();
    }

    int unpaused() {
        return unpaused.get();
    }

    private void run() {
        while (!closed) {
            try {
                Thread.sleep(500 + random.nextInt(4_000));
                ask();
                mend(Api.export(project, exports.get(random.nextInt(exports.size()))));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            } catch (RuntimeException e) {
                // The server is away just now.
            }
        }
    }

    private void ask() {
        String export = Api.export(project, exports.get(random.nextInt(exports.size())));
        int choice = random.nextInt(10);
        int which = random.nextInt(1_000);
        if (choice < 4) {
            backfill(export, which);
            return;
        }
        Api.Answer answer = api.get(export + "runs/?limit=20");
        if (answer.status() != 200 || answer.json().get("results").isEmpty()) {
            return;
        }
        JsonNode runs = answer.json().get("results");
        String run = export + "runs/" + runs.get(which % runs.size()).get("id").asString();
        if (choice < 7) {
            count(api.post(run + "/retry/", Map.of()), retries);
        } else {
            count(api.post(run + "/cancel/", Map.of()), cancellations);
        }
    }

    private void mend(String export) {
        if (api.get(export).json().get("paused").asBoolean()) {
            paused.add(export);
        }
        // Whoever got no answer asks again.
        if (paused.contains(export) && isDone(api.post(export + "unpause/", Map.of("backfill", true)))) {
            unpaused.incrementAndGet();
            paused.remove(export);
        }
        for (JsonNode run :
                api.get(export + "runs/?status=Failed&limit=20").json().get("results")) {
            String id = run.get("id").asString();
            if (!mended.contains(id) && isDone(api.post(export + "runs/" + id + "/retry/", Map.of()))) {
                retries.incrementAndGet();
                mended.add(id);
            }
        }
    }

    private void backfill(String export, int which) {
        long past = Duration.between(earliest, Instant.now()).dividedBy(interval);
        if (past < 1) {
            return;
        }
        Instant start = earliest.plus(interval.multipliedBy(which % past));
        Instant end = start.plus(interval.multipliedBy(1 + which % 3));
        count(
                api.post(export + "backfills/", Map.of("start_at", start.toString(), "end_at", end.toString())),
                backfills);
    }

    private static void count(Api.Answer answer, AtomicInteger counter) {
        if (isDone(answer)) {
            counter.incrementAndGet();
        }
    }

    private static boolean isDone(Api.Answer answer) {
        return answer.status() == 200 || answer.status() == CREATED;
    }

    /// The exports of which it does not know whether they are unpaused. To be asked when it is closed.
    Set<String> paused() {
        return paused;
    }

    @Override
    public void close() {
        closed = true;
        try {
            thread.join(Duration.ofMinutes(2));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
