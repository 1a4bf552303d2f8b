package dev.batchexports.endtoend;

import static java.util.Objects.requireNonNull;

import dev.batchexports.embedded.Component;
import dev.batchexports.embedded.EmbeddedException;
import dev.batchexports.server.workflow.CrashPoints;
import dev.batchexports.testkit.FaultyProxy;
import dev.batchexports.testkit.FaultyProxy.Deed;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// An installation in which faults can strike: the server and two workers reach what they need through proxies
/// of their own, and one that ends by itself is started again, as an operator's supervisor does.
///
/// Faults of one victim, one link or one clock strike one after the other, those of several side by side.
final class Site implements AutoCloseable {
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(200);

    /// How long a link is left alone after a fault: if every request met one, no run would ever get further.
    private static final Duration REST = Duration.ofSeconds(3);

    private final Installation installation;
    private final CampaignLog log;
    private final Path markers;
    private final Map<Link, FaultyProxy> proxies = new EnumMap<>(Link.class);
    private final Map<Victim, ReentrantLock> victims = new EnumMap<>(Victim.class);
    private final Map<Link, ReentrantLock> links = new EnumMap<>(Link.class);
    private final Map<Victim, ReentrantLock> clocks = new EnumMap<>(Victim.class);
    private final ReentrantLock password = new ReentrantLock(true);
    private final Thread supervisor = Thread.ofVirtual().unstarted(this::supervise);
    private volatile @Nullable BxProcess second;
    private volatile Instant end = Instant.MAX;
    private volatile boolean bothDie;
    private volatile boolean closed;

    /// @param snowflake where the stand-in for Snowflake listens, if there is one
    Site(Installation installation, Optional<InetSocketAddress> snowflake, CampaignLog log) {
        this.installation = installation;
        this.log = log;
        try {
            this.markers = Files.createTempDirectory(installation.folder, "crash-points");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        for (Link link : Link.values()) {
            target(link, snowflake).ifPresent(target -> proxies.put(link, FaultyProxy.to(target)));
            links.put(link, new ReentrantLock(true));
        }
        for (Victim victim : Victim.values()) {
            victims.put(victim, new ReentrantLock(true));
            clocks.put(victim, new ReentrantLock(true));
        }
    }

    private Optional<InetSocketAddress> target(Link link, Optional<InetSocketAddress> snowflake) {
        return switch (link.peer()) {
            case S3 -> Optional.of(address(installation.connections.s3Endpoint()));
            case CLICKHOUSE -> Optional.of(address(installation.connections.clickhouseUrl()));
            case TEMPORAL -> Optional.of(address("temporal://" + installation.connections.temporalAddress()));
            case DATABASE, DESTINATION ->
                Optional.of(address(installation.connections.databaseUrl().substring("jdbc:".length())));
            case SNOWFLAKE -> snowflake;
        };
    }

    private static InetSocketAddress address(String url) {
        URI uri = URI.create(url);
        return new InetSocketAddress(uri.getHost(), uri.getPort());
    }

    /// The port of a proxy on 127.0.0.1.
    int port(Link link) {
        return requireNonNull(proxies.get(link)).address().getPort();
    }

    /// Replaces the server, and the worker by two. At each crash point the first of them dies, once; the other one
    /// goes on meanwhile, or nothing would ever be completed.
    void open() {
        restart(Victim.SERVER);
        restart(Victim.WORKER);
        restart(Victim.SECOND_WORKER);
        supervisor.start();
    }

    private void restart(Victim victim) {
        switch (victim) {
            case WORKER -> installation.restartWorker(environment(victim));
            case SECOND_WORKER -> {
                BxProcess former = second;
                if (former != null) {
                    former.close();
                }
                second =
                        installation.startWorker(environment(victim), installation.folder.resolve("second-worker.log"));
            }
            case SERVER -> installation.replaceServer(environment(victim));
            case S3, CLICKHOUSE, TEMPORAL, POSTGRES -> installation.platform.start(component(victim));
        }
    }

    private BxProcess process(Victim victim) {
        return switch (victim) {
            case WORKER -> installation.worker();
            case SECOND_WORKER -> requireNonNull(second);
            case SERVER -> installation.server();
            case S3, CLICKHOUSE, TEMPORAL, POSTGRES -> throw new IllegalArgumentException(victim + " is a component");
        };
    }

    private Map<String, String> environment(Victim victim) {
        Map<String, String> environment = new HashMap<>();
        switch (victim) {
            case WORKER -> {
                reach(environment, Link.TEMPORAL, Link.DATABASE);
                environment.put("BX_CLICKHOUSE_URL", "http://127.0.0.1:" + port(Link.CLICKHOUSE));
            }
            case SECOND_WORKER -> {
                reach(environment, Link.SECOND_TEMPORAL, Link.SECOND_DATABASE);
                environment.put("BX_CLICKHOUSE_URL", "http://127.0.0.1:" + port(Link.SECOND_CLICKHOUSE));
            }
            case SERVER -> reach(environment, Link.SERVER_TEMPORAL, Link.SERVER_DATABASE);
            case S3, CLICKHOUSE, TEMPORAL, POSTGRES -> throw new IllegalArgumentException(victim + " is a component");
        }
        environment.put("BX_TESTING_CLOCK_SHIFT", clock(victim).toString());
        if (diesAtCrashPoints(victim) && !unreached().isEmpty()) {
            environment.put("BX_TESTING_HALT_AT", String.join(",", CrashPoints.labels()));
            environment.put("BX_TESTING_HALT_MARKER", markers.toString());
        }
        return environment;
    }

    private boolean diesAtCrashPoints(Victim victim) {
        return victim == Victim.WORKER || (victim == Victim.SECOND_WORKER && bothDie);
    }

    private void reach(Map<String, String> environment, Link temporal, Link database) {
        environment.put("BX_TEMPORAL_ADDRESS", "127.0.0.1:" + port(temporal));
        environment.put(
                "BX_DATABASE_URL",
                installation.connections.databaseUrl().replaceFirst("//[^/]*/", "//127.0.0.1:" + port(database) + "/"));
    }

    private Path clock(Victim victim) {
        return markers.resolve("clock-of-" + victim);
    }

    /// From now on the second worker dies at the crash points that are left, too.
    void letBothDie() {
        bothDie = true;
        ReentrantLock lock = requireNonNull(victims.get(Victim.SECOND_WORKER));
        lock.lock();
        try {
            restart(Victim.SECOND_WORKER);
        } finally {
            lock.unlock();
        }
    }

    /// The labels at which no worker has died yet.
    List<String> unreached() {
        return CrashPoints.labels().stream()
                .filter(label -> !Files.exists(markers.resolve("halted-at-" + label)))
                .toList();
    }

    /// From then on no fault begins that still waits for others to be over, and none waits for a request.
    void endAt(Instant time) {
        end = time;
    }

    private boolean isOver() {
        return !Instant.now().isBefore(end);
    }

    /// @param until when a fault may wait for a request that it can hurt, or goes on
    private boolean isBefore(Instant until) {
        return Instant.now().isBefore(until) && !isOver();
    }

    /// Lets a fault strike and waits until it is over.
    ///
    /// @return whether it hurt: no request may have passed in its time
    boolean strike(Fault fault) throws InterruptedException {
        return switch (fault) {
            case Fault.Kill(Victim victim, Duration down) -> kill(victim, down);
            case Fault.Halt(Victim victim, Duration lasting) -> halt(victim, lasting);
            case Fault.Disturb(Link link, FaultyProxy.Fault what, Duration lasting) -> disturb(link, what, lasting);
            case Fault.Refuse(Link link, Refusal refusal, int times, Duration lasting) ->
                refuse(link, new FaultyProxy.Fault.Refuse(times, refusal.reply()), times, lasting);
            case Fault.RefuseAt(Link link, Refusal refusal, String text, Duration patience) ->
                refuse(link, new FaultyProxy.Fault.RefuseAt(text, refusal.reply()), 1, patience);
            case Fault.KillAt at -> killAt(at);
            case Fault.ExpirePassword(Duration lasting) -> expirePassword(lasting);
            case Fault.JumpClock(Victim victim, Duration by, Duration lasting) -> jumpClock(victim, by, lasting);
            case Fault.FillDisk(Duration lasting) -> fillDisk(lasting);
        };
    }

    private boolean kill(Victim victim, Duration down) throws InterruptedException {
        ReentrantLock lock = requireNonNull(victims.get(victim));
        lock.lock();
        try {
            if (isOver()) {
                return false;
            }
            switch (victim) {
                case WORKER, SECOND_WORKER, SERVER -> process(victim).kill();
                case S3, CLICKHOUSE, TEMPORAL, POSTGRES -> installation.platform.kill(component(victim));
            }
            Thread.sleep(down);
            restart(victim);
            return true;
        } finally {
            lock.unlock();
        }
    }

    private boolean halt(Victim victim, Duration lasting) throws InterruptedException {
        ReentrantLock lock = requireNonNull(victims.get(victim));
        lock.lock();
        try {
            if (isOver()) {
                return false;
            }
            switch (victim) {
                case WORKER, SECOND_WORKER, SERVER -> process(victim).pause();
                case S3, CLICKHOUSE, TEMPORAL, POSTGRES -> installation.platform.pause(component(victim));
            }
            try {
                Thread.sleep(lasting);
            } finally {
                switch (victim) {
                    case WORKER, SECOND_WORKER, SERVER -> process(victim).resume();
                    case S3, CLICKHOUSE, TEMPORAL, POSTGRES -> installation.platform.resume(component(victim));
                }
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    private boolean disturb(Link link, FaultyProxy.Fault what, Duration lasting) throws InterruptedException {
        ReentrantLock lock = requireNonNull(links.get(link));
        FaultyProxy proxy = requireNonNull(proxies.get(link));
        lock.lock();
        try {
            proxy.inject(what);
            boolean lasts = Fault.lasts(what);
            Instant until = Instant.now().plus(lasting);
            while (isBefore(until) && (lasts || proxy.struck() == 0)) {
                Thread.sleep(20);
            }
            return proxy.struck() > 0;
        } finally {
            heal(proxy);
            lock.unlock();
        }
    }

    /// @param times how often, at most
    private boolean refuse(Link link, FaultyProxy.Fault what, int times, Duration lasting) throws InterruptedException {
        ReentrantLock lock = requireNonNull(links.get(link));
        FaultyProxy proxy = requireNonNull(proxies.get(link));
        lock.lock();
        try {
            proxy.inject(what);
            Instant until = Instant.now().plus(lasting);
            while (isBefore(until) && proxy.struck() < times) {
                Thread.sleep(20);
            }
            return proxy.struck() > 0;
        } finally {
            heal(proxy);
            lock.unlock();
        }
    }

    private void heal(FaultyProxy proxy) throws InterruptedException {
        proxy.heal();
        if (!isOver()) {
            Thread.sleep(REST);
        }
    }

    private boolean expirePassword(Duration lasting) throws InterruptedException {
        password.lock();
        try {
            PostgresTarget.expirePassword(installation.postgres);
            Thread.sleep(lasting);
            return true;
        } finally {
            // Should PostgreSQL be away just now, the next fault of this kind or the repair renews it.
            try {
                PostgresTarget.renewPassword(installation.postgres);
            } finally {
                password.unlock();
            }
        }
    }

    private boolean jumpClock(Victim victim, Duration by, Duration lasting) throws InterruptedException {
        ReentrantLock lock = requireNonNull(clocks.get(victim));
        lock.lock();
        try {
            Files.writeString(clock(victim), Long.toString(by.toSeconds()));
            Thread.sleep(lasting);
            return true;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            setRight(victim);
            lock.unlock();
        }
    }

    private void setRight(Victim victim) {
        try {
            Files.deleteIfExists(clock(victim));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private boolean fillDisk(Duration lasting) throws InterruptedException {
        ReentrantLock lock = requireNonNull(victims.get(Victim.POSTGRES));
        lock.lock();
        try {
            installation.disk().fill();
            Thread.sleep(lasting);
            return true;
        } finally {
            installation.disk().free();
            lock.unlock();
        }
    }

    private boolean killAt(Fault.KillAt at) throws InterruptedException {
        ReentrantLock lock = requireNonNull(links.get(at.link()));
        FaultyProxy proxy = requireNonNull(proxies.get(at.link()));
        lock.lock();
        try {
            proxy.inject(new FaultyProxy.Fault.At(at.moment(), at.text(), Deed.HOLD));
            Instant until = Instant.now().plus(at.patience());
            while (isBefore(until) && !proxy.isHolding()) {
                Thread.sleep(5);
            }
            boolean held = proxy.isHolding();
            if (held) {
                at.link().users().forEach(user -> process(user).kill());
            }
            return held;
        } finally {
            heal(proxy);
            lock.unlock();
        }
    }

    private static Component component(Victim victim) {
        return switch (victim) {
            case S3 -> Component.S3;
            case CLICKHOUSE -> Component.CLICKHOUSE;
            case TEMPORAL -> Component.TEMPORAL;
            case POSTGRES -> Component.POSTGRES;
            case WORKER, SECOND_WORKER, SERVER -> throw new IllegalArgumentException(victim + " is no component");
        };
    }

    private void supervise() {
        try {
            while (!closed) {
                supervise(Victim.WORKER);
                supervise(Victim.SECOND_WORKER);
                supervise(Victim.SERVER);
                Thread.sleep(BETWEEN_LOOKS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void supervise(Victim victim) {
        ReentrantLock lock = requireNonNull(victims.get(victim));
        if (!lock.tryLock()) {
            return;
        }
        try {
            if (!process(victim).isAlive()) {
                log.say("the " + Fault.word(victim) + " ended and is started again");
                restart(victim);
            }
        } finally {
            lock.unlock();
        }
    }

    /// Undoes every fault: everything runs and is reached.
    void repair() {
        proxies.values().forEach(FaultyProxy::heal);
        clocks.keySet().forEach(this::setRight);
        for (Component component : Component.values()) {
            try {
                installation.platform.resume(component);
            } catch (EmbeddedException e) {
                // It does not run; it is started next.
            }
            installation.platform.start(component);
        }
        PostgresTarget.renewPassword(installation.postgres);
        installation.awaitReady();
    }

    /// Gives the installation back as it was.
    @Override
    public void close() {
        closed = true;
        try {
            supervisor.join(Duration.ofSeconds(30));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        process(Victim.SECOND_WORKER).close();
        installation.restartWorker(Map.of());
        installation.restartServer();
        proxies.values().forEach(FaultyProxy::close);
    }
}
