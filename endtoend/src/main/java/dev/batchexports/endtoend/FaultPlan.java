package dev.batchexports.endtoend;

import dev.batchexports.testkit.FaultyProxy;
import dev.batchexports.testkit.FaultyProxy.Deed;
import dev.batchexports.testkit.FaultyProxy.Moment;
import dev.batchexports.testkit.FaultyProxy.Then;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// Which faults strike, and when: it follows from the seed alone.
final class FaultPlan {
    private static final String UNAVAILABLE =
            "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    private static final String BROKEN =
            "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

    /// Between which effects of a commit a request or a reply is lost, or the worker dies.
    private static final List<String> S3_STEPS =
            List.of("?uploads", "partNumber=", "<CompleteMultipartUpload", "_manifest.json", "DELETE /");

    private static final List<String> DATABASE_STEPS = List.of("COMMIT", "run_slices", "run_files", "update runs");
    private static final List<String> DESTINATION_STEPS = List.of("COMMIT", "COPY ", "INSERT INTO", "DROP TABLE");

    /// How long a fault waits for a request that it can hurt.
    private static final Duration PATIENCE = Duration.ofSeconds(15);

    /// @param at since the begin of the campaign
    record Planned(Duration at, Fault fault) {}

    private final Random random;

    private FaultPlan(Random random) {
        this.random = random;
    }

    static List<Planned> of(long seed, int faults, Duration time) {
        FaultPlan plan = new FaultPlan(new Random(seed));
        List<Planned> planned = new ArrayList<>();
        long gap = time.toMillis() / Math.max(1, faults);
        for (int number = 0; number < faults; number++) {
            Duration at = Duration.ofMillis(number * gap + plan.random.nextLong(gap + 1));
            planned.add(new Planned(at, plan.fault()));
        }
        return planned;
    }

    /// Mostly the network: a process that is away keeps all others from being disturbed.
    private Fault fault() {
        int choice = random.nextInt(100);
        if (choice < 9) {
            return new Fault.Kill(one(List.of(Victim.values())), lasting(100));
        }
        if (choice < 18) {
            return new Fault.Halt(one(List.of(Victim.values())), lasting(300));
        }
        if (choice < 23) {
            Link link = one(List.of(Link.S3, Link.S3, Link.DATABASE, Link.DESTINATION));
            return new Fault.KillWorkerAt(link, one(List.of(Moment.values())), one(steps(link)), PATIENCE);
        }
        Link link = one(List.of(Link.values()));
        FaultyProxy.Fault what = disturbance(link);
        return new Fault.Disturb(link, what, Fault.lasts(what) ? lasting(300) : PATIENCE);
    }

    /// Mostly short, now and then longer than what waits for it.
    private Duration lasting(int least) {
        return random.nextInt(8) == 0 ? millis(3_000, 12_000) : millis(least, 1_500);
    }

    private FaultyProxy.Fault disturbance(Link link) {
        int choice = random.nextInt(100);
        if (choice < 50 && !steps(link).isEmpty()) {
            // An applied request whose reply is lost is the worst, hence the most frequent.
            Moment moment = random.nextInt(4) == 0 ? Moment.REQUEST : Moment.REPLY;
            return new FaultyProxy.Fault.At(moment, one(steps(link)), Deed.CUT);
        }
        if (choice < 65 && (link == Link.S3 || link == Link.CLICKHOUSE)) {
            return new FaultyProxy.Fault.Refuse(1 + random.nextInt(6), one(List.of(UNAVAILABLE, BROKEN)));
        }
        return switch (random.nextInt(6)) {
            case 0 -> new FaultyProxy.Fault.CutAfterSent(1 + random.nextInt(200_000), Then.RECOVERY);
            case 1 -> new FaultyProxy.Fault.LoseRequest(1 + random.nextInt(20), Then.RECOVERY);
            case 2 -> new FaultyProxy.Fault.LoseReply(1 + random.nextInt(20), Then.RECOVERY);
            case 3 -> new FaultyProxy.Fault.Silence();
            case 4 -> new FaultyProxy.Fault.Slow(Duration.ofMillis(5 + random.nextInt(60)));
            default -> new FaultyProxy.Fault.Outage();
        };
    }

    private static List<String> steps(Link link) {
        return switch (link) {
            case S3 -> S3_STEPS;
            case DATABASE -> DATABASE_STEPS;
            case DESTINATION -> DESTINATION_STEPS;
            case CLICKHOUSE -> List.of("SELECT");
            case TEMPORAL -> List.of();
        };
    }

    private <T> T one(List<T> choices) {
        return choices.get(random.nextInt(choices.size()));
    }

    private Duration millis(int least, int most) {
        return Duration.ofMillis(least + random.nextInt(most - least));
    }
}
