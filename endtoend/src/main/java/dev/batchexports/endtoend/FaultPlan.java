package dev.batchexports.endtoend;

import dev.batchexports.testkit.FaultyProxy;
import dev.batchexports.testkit.FaultyProxy.Deed;
import dev.batchexports.testkit.FaultyProxy.Moment;
import dev.batchexports.testkit.FaultyProxy.Then;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// Which faults strike, and when: it follows from the seed and from what there is to be hurt.
final class FaultPlan {
    /// Between which effects of a commit a request or a reply is lost, or the worker dies.
    private static final List<String> S3_STEPS =
            List.of("?uploads", "partNumber=", "<CompleteMultipartUpload", "_manifest.json", "DELETE /");

    private static final List<String> DATABASE_STEPS = List.of("COMMIT", "run_slices", "run_files", "update runs");
    private static final List<String> DESTINATION_STEPS = List.of("COMMIT", "COPY ", "INSERT INTO", "DROP TABLE");

    /// Statements are packed: only their address can be seen.
    private static final List<String> SNOWFLAKE_STEPS = List.of("login-request", "query-request", "/stage/");

    /// How long a fault waits for a request that it can hurt.
    private static final Duration PATIENCE = Duration.ofSeconds(25);

    /// A clock that is fast makes the server start runs of intervals to come: they end within the campaign.
    private static final Duration FASTEST = Duration.ofMinutes(2);

    private static final Duration SLOWEST = Duration.ofMinutes(10);
    private static final int ANY_NUMBER = Integer.MAX_VALUE;

    /// @param at since the begin of the campaign
    record Planned(Duration at, Fault fault) {}

    /// What not every installation has.
    enum Extra {
        /// PostgreSQL's data is on a file system that may be filled.
        DISK,
        SNOWFLAKE
    }

    private final Random random;
    private final Set<Extra> extras;

    private FaultPlan(Random random, Set<Extra> extras) {
        this.random = random;
        this.extras = extras;
    }

    /// Endless: some faults meet nothing that they could hurt, and others take their place.
    ///
    /// @param faults that there are in this time
    static Stream<Planned> of(long seed, int faults, Duration time, Set<Extra> extras) {
        FaultPlan plan = new FaultPlan(new Random(seed), extras);
        long gap = time.toMillis() / Math.max(1, faults);
        return IntStream.iterate(0, number -> number + 1).mapToObj(number -> {
            Duration at = Duration.ofMillis(number * gap + plan.random.nextLong(gap + 1));
            return new Planned(at, plan.fault(time.minus(at)));
        });
    }

    /// Mostly the network: a process that is away keeps all others from being disturbed, and workers that are always
    /// about to start do nothing that could be hurt.
    ///
    /// @param rest of the campaign, if it takes no longer than it was meant to
    private Fault fault(Duration rest) {
        int choice = random.nextInt(100);
        if (choice < 6) {
            return new Fault.Kill(one(List.of(Victim.values())), lasting(100));
        }
        if (choice < 14) {
            return new Fault.Halt(one(List.of(Victim.values())), lasting(300));
        }
        if (choice < 17) {
            Link link = one(links(one(List.of(Link.Peer.S3, Link.Peer.S3, Link.Peer.DATABASE, Link.Peer.DESTINATION))));
            return new Fault.KillAt(link, one(List.of(Moment.values())), one(steps(link)), PATIENCE);
        }
        if (choice < 20) {
            return clock(rest);
        }
        if (choice < 25) {
            return credentials();
        }
        if (choice < 30) {
            return fullDisk();
        }
        Link link = one(links(one(peers())));
        if (random.nextInt(10) == 0 && (link.peer() == Link.Peer.S3 || link.peer() == Link.Peer.CLICKHOUSE)) {
            Refusal refusal = one(List.of(Refusal.UNAVAILABLE, Refusal.BROKEN));
            return new Fault.Refuse(link, refusal, 1 + random.nextInt(6), PATIENCE);
        }
        FaultyProxy.Fault what = disturbance(link);
        return new Fault.Disturb(link, what, Fault.lasts(what) ? lasting(300) : PATIENCE);
    }

    private Fault clock(Duration rest) {
        Victim victim = one(List.of(Victim.WORKER, Victim.SECOND_WORKER, Victim.SERVER));
        Duration lasting = millis(1_000, 20_000);
        Duration fastest = rest.compareTo(FASTEST) < 0 ? rest : FASTEST;
        boolean isFast = random.nextBoolean() && fastest.toSeconds() > 10;
        long seconds = 10 + random.nextLong(isFast ? fastest.toSeconds() : SLOWEST.toSeconds());
        return new Fault.JumpClock(victim, Duration.ofSeconds(isFast ? seconds : -seconds), lasting);
    }

    private Fault credentials() {
        return switch (random.nextInt(extras.contains(Extra.SNOWFLAKE) ? 4 : 3)) {
            case 3 -> new Fault.RefuseAt(Link.ACCOUNT, Refusal.LOGIN_REFUSED, "login-request", PATIENCE);
            case 0 -> new Fault.ExpirePassword(lasting(300));
            case 1 -> new Fault.Refuse(one(links(Link.Peer.S3)), Refusal.KEY_DISABLED, ANY_NUMBER, lasting(300));
            default -> new Fault.Refuse(one(links(Link.Peer.S3)), Refusal.TOKEN_EXPIRED, ANY_NUMBER, lasting(300));
        };
    }

    private Fault fullDisk() {
        int choice = random.nextInt(10);
        if (choice < 3 && extras.contains(Extra.DISK)) {
            return new Fault.FillDisk(lasting(300));
        }
        Link link =
                one(links(one(List.of(Link.Peer.S3, Link.Peer.DESTINATION, Link.Peer.DATABASE, Link.Peer.CLICKHOUSE))));
        return switch (link.peer()) {
            case S3 ->
                choice < 6
                        ? new Fault.Refuse(link, Refusal.STORE_FULL, ANY_NUMBER, lasting(300))
                        : new Fault.RefuseAt(link, Refusal.STORE_FULL, one(steps(link)), PATIENCE);
            case DATABASE, DESTINATION -> new Fault.RefuseAt(link, Refusal.POSTGRES_FULL, one(steps(link)), PATIENCE);
            case CLICKHOUSE, TEMPORAL, SNOWFLAKE ->
                new Fault.Refuse(link, Refusal.CLICKHOUSE_FULL, ANY_NUMBER, lasting(300));
        };
    }

    /// Mostly short, now and then longer than what waits for it.
    private Duration lasting(int least) {
        return random.nextInt(8) == 0 ? millis(3_000, 12_000) : millis(least, 1_500);
    }

    private FaultyProxy.Fault disturbance(Link link) {
        if (random.nextBoolean() && !steps(link).isEmpty()) {
            // An applied request whose reply is lost is the worst, hence the most frequent.
            Moment moment = random.nextInt(4) == 0 ? Moment.REQUEST : Moment.REPLY;
            return new FaultyProxy.Fault.At(moment, one(steps(link)), Deed.CUT);
        }
        return switch (random.nextInt(6)) {
            case 0 -> new FaultyProxy.Fault.CutAfterSent(1 + random.nextInt(50_000), Then.RECOVERY);
            case 1 -> new FaultyProxy.Fault.LoseRequest(1 + random.nextInt(4), Then.RECOVERY);
            case 2 -> new FaultyProxy.Fault.LoseReply(1 + random.nextInt(4), Then.RECOVERY);
            case 3 -> new FaultyProxy.Fault.Silence();
            case 4 -> new FaultyProxy.Fault.Slow(Duration.ofMillis(5 + random.nextInt(60)));
            default -> new FaultyProxy.Fault.Outage();
        };
    }

    private List<Link.Peer> peers() {
        return Stream.of(Link.Peer.values())
                .filter(peer -> peer != Link.Peer.SNOWFLAKE || extras.contains(Extra.SNOWFLAKE))
                .toList();
    }

    private static List<Link> links(Link.Peer peer) {
        return Stream.of(Link.values()).filter(link -> link.peer() == peer).toList();
    }

    private static List<String> steps(Link link) {
        return switch (link.peer()) {
            case S3 -> S3_STEPS;
            case DATABASE -> link == Link.SERVER_DATABASE ? List.of("COMMIT") : DATABASE_STEPS;
            case DESTINATION -> DESTINATION_STEPS;
            case CLICKHOUSE -> List.of("SELECT");
            case TEMPORAL -> List.of();
            case SNOWFLAKE -> SNOWFLAKE_STEPS;
        };
    }

    private <T> T one(List<T> choices) {
        return choices.get(random.nextInt(choices.size()));
    }

    private Duration millis(int least, int most) {
        return Duration.ofMillis(least + random.nextInt(most - least));
    }
}
