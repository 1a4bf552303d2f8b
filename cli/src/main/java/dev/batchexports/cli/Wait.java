package dev.batchexports.cli;

import java.time.Duration;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;

/// Waits until a run or a backfill has finished, and shows how far it is.
final class Wait {
    private static final Duration INTERVAL = Duration.ofSeconds(1);
    private static final Set<String> UNFINISHED = Set.of("Starting", "Running", "Paused");

    private final Client client;

    Wait(Client client) {
        this.client = client;
    }

    static boolean isFinished(Answer answer) {
        return !UNFINISHED.contains(answer.text("status"));
    }

    Answer run(String path) {
        return until(() -> client.api().get(path), Wait::progressOfRun);
    }

    Answer backfill(String path) {
        return until(() -> client.api().get(path), Wait::progressOfBackfill);
    }

    private Answer until(Supplier<Answer> asked, Function<Answer, String> line) {
        try (Progress progress = new Progress(client.err())) {
            Answer answer = asked.get();
            while (!isFinished(answer)) {
                progress.show(line.apply(answer));
                pause();
                answer = asked.get();
            }
            return answer;
        }
    }

    /// Until the next question.
    static void pause() {
        try {
            Thread.sleep(INTERVAL);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailure("Interrupted; what was started goes on.");
        }
    }

    private static String progressOfRun(Answer run) {
        long done = run.number("records_completed");
        StringBuilder line = new StringBuilder(run.text("status"));
        run.count("records_total_count")
                .ifPresentOrElse(
                        total -> line.append("  ")
                                .append(Progress.bar(done, total))
                                .append(' ')
                                .append(Words.count(done))
                                .append(" of ")
                                .append(Words.counted(total, "row")),
                        () -> line.append("  counting rows"));
        if (run.number("attempt") > 1) {
            line.append(", attempt ").append(run.number("attempt"));
            run.object("latest_error").ifPresent(error -> line.append(": ").append(error.text("message")));
        }
        return line.toString();
    }

    private static String progressOfBackfill(Answer backfill) {
        long finished = backfill.number("finished_runs");
        StringBuilder line = new StringBuilder(backfill.text("status"));
        backfill.count("total_runs")
                .ifPresentOrElse(
                        total -> line.append("  ")
                                .append(Progress.bar(finished, total))
                                .append(' ')
                                .append(Words.count(finished))
                                .append(" of ")
                                .append(Words.counted(total, "run")),
                        () -> line.append("  looking for the intervals"));
        if (backfill.number("failed_runs") > 0) {
            line.append(", ")
                    .append(Words.count(backfill.number("failed_runs")))
                    .append(" failed");
        }
        return line.toString();
    }
}
