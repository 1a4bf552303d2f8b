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
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// An installation in which faults can strike: two workers reach everything through proxies, and a
/// server or worker that ends by itself is started again, as an operator's supervisor does.
///
/// Faults of one victim or one link strike one after the other, those of several side by side.
final class Site implements AutoCloseable {
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(200);

    private final Installation installation;
    private final CampaignLog log;
    private final Path markers;
    private final Map<Link, FaultyProxy> proxies = new EnumMap<>(Link.class);
    private final Map<Victim, ReentrantLock> victims = new EnumMap<>(Victim.class);
    private final Map<Link, ReentrantLock> links = new EnumMap<>(Link.class);
    private final Thread supervisor = Thread.ofVirtual().unstarted(this::supervise);
    private volatile @Nullable BxProcess second;
    private volatile boolean closed;

    Site(Installation installation, CampaignLog log) {
        this.installation = installation;
        this.log = log;
        try {
            this.markers = Files.createTempDirectory(installation.folder, "crash-points");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        for (Link link : Link.values()) {
            proxies.put(link, FaultyProxy.to(target(link)));
            links.put(link, new ReentrantLock(true));
        }
        for (Victim victim : Victim.values()) {
            victims.put(victim, new ReentrantLock(true));
        }
    }

    private InetSocketAddress target(Link link) {
        return switch (link) {
            case S3 -> address(installation.connections.s3Endpoint());
            case CLICKHOUSE -> address(installation.connections.clickhouseUrl());
            case TEMPORAL -> address("temporal://" + installation.connections.temporalAddress());
            case DATABASE, DESTINATION ->
                address(installation.connections.databaseUrl().substring("jdbc:".length()));
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

    /// Replaces the worker by two that go through the proxies. At each crash point one of them dies, once.
    void open() {
        restart(Victim.WORKER);
        restart(Victim.SECOND_WORKER);
        supervisor.start();
    }

    private void restart(Victim victim) {
        switch (victim) {
            case WORKER -> installation.restartWorker(environment());
            case SECOND_WORKER -> {
                BxProcess former = second;
                if (former != null) {
                    former.close();
                }
                second = installation.startWorker(environment(), installation.folder.resolve("second-worker.log"));
            }
            case SERVER -> installation.replaceServer();
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

    private Map<String, String> environment() {
        Map<String, String> environment = new HashMap<>();
        environment.put("BX_CLICKHOUSE_URL", "http://127.0.0.1:" + port(Link.CLICKHOUSE));
        environment.put("BX_TEMPORAL_ADDRESS", "127.0.0.1:" + port(Link.TEMPORAL));
        environment.put(
                "BX_DATABASE_URL",
                installation
                        .connections
                        .databaseUrl()
                        .replaceFirst("//[^/]*/", "//127.0.0.1:" + port(Link.DATABASE) + "/"));
        if (!unreached().isEmpty()) {
            environment.put("BX_TESTING_HALT_AT", String.join(",", CrashPoints.labels()));
            environment.put("BX_TESTING_HALT_MARKER", markers.toString());
        }
        return environment;
    }

    /// The labels at which no worker has died yet.
    List<String> unreached() {
        return CrashPoints.labels().stream()
                .filter(label -> !Files.exists(markers.resolve("halted-at-" + label)))
                .toList();
    }

    /// Lets a fault strike and waits until it is over.
    ///
    /// @return whether it hurt: no request may have passed in its time
    boolean strike(Fault fault) throws InterruptedException {
        return switch (fault) {
            case Fault.Kill(Victim victim, Duration down) -> kill(victim, down);
            case Fault.Halt(Victim victim, Duration lasting) -> halt(victim, lasting);
            case Fault.Disturb(Link link, FaultyProxy.Fault what, Duration lasting) -> disturb(link, what, lasting);
            case Fault.KillWorkerAt at -> killWorkerAt(at);
        };
    }

    private boolean kill(Victim victim, Duration down) throws InterruptedException {
        ReentrantLock lock = requireNonNull(victims.get(victim));
        lock.lock();
        try {
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
            Instant end = Instant.now().plus(lasting);
            while (Instant.now().isBefore(end) && (lasts || proxy.struck() == 0)) {
                Thread.sleep(20);
            }
            return lasts || proxy.struck() > 0;
        } finally {
            proxy.heal();
            lock.unlock();
        }
    }

    private boolean killWorkerAt(Fault.KillWorkerAt at) throws InterruptedException {
        ReentrantLock lock = requireNonNull(links.get(at.link()));
        FaultyProxy proxy = requireNonNull(proxies.get(at.link()));
        lock.lock();
        try {
            proxy.inject(new FaultyProxy.Fault.At(at.moment(), at.text(), Deed.HOLD));
            Instant end = Instant.now().plus(at.patience());
            while (Instant.now().isBefore(end) && !proxy.isHolding()) {
                Thread.sleep(5);
            }
            boolean held = proxy.isHolding();
            if (held) {
                process(Victim.WORKER).kill();
                process(Victim.SECOND_WORKER).kill();
            }
            return held;
        } finally {
            proxy.heal();
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
        for (Component component : Component.values()) {
            try {
                installation.platform.resume(component);
            } catch (EmbeddedException e) {
                // It does not run; it is started next.
            }
            installation.platform.start(component);
        }
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
        proxies.values().forEach(FaultyProxy::close);
    }
}
