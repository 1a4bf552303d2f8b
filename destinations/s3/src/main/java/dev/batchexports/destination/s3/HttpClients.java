package dev.batchexports.destination.s3;

import dev.batchexports.core.destination.DestinationLimits;
import dev.batchexports.core.destination.HostResolver;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import org.apache.hc.client5.http.DnsResolver;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;

/// The HTTP clients of all open buckets. Buckets that connect in the same way share one, with its connections: a
/// hundred exports to one store need no hundred pools and handshakes, and a run finds a connection that is open.
///
/// A connection carries nothing of whoever uses it: every request is signed for itself. It goes to the host that
/// the request names, at an address that was allowed when it was opened, and lives a few minutes at most, so that
/// a host that moves is followed.
///
/// What ends requests that take too long is shared as well: the SDK would start five threads for each bucket, and
/// remember every request until its time is up, long after it has ended. Thread-safe.
final class HttpClients {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration LONGEST_CONNECTION = Duration.ofMinutes(5);

    /// More than all slices of a process have requests under way. One client has so many for each host.
    private static final int MAX_CONNECTIONS = 500;

    private static final int TIMER_THREADS = 2;

    private final Map<Kind, Shared> open = new HashMap<>();

    /// Everything in which clients differ.
    ///
    /// @param hosts finds the addresses to connect to; null for those that this machine finds
    private record Kind(Duration requestTimeout, @Nullable HostResolver hosts) {}

    private static final class Shared {
        private final SdkHttpClient client;
        private final ScheduledExecutorService timer;
        private int users;

        Shared(SdkHttpClient client, ScheduledExecutorService timer) {
            this.client = client;
            this.timer = timer;
        }

        void close() {
            client.close();
            timer.shutdownNow();
        }
    }

    /// The right to use a client until it is closed.
    final class Lease implements AutoCloseable {
        private final Kind kind;
        private final Shared shared;

        private Lease(Kind kind, Shared shared) {
            this.kind = kind;
            this.shared = shared;
        }

        SdkHttpClient client() {
            return shared.client;
        }

        /// For what is to end requests that take too long.
        ScheduledExecutorService timer() {
            return shared.timer;
        }

        /// To be called once.
        @Override
        public void close() {
            giveBack(kind);
        }
    }

    /// For hosts that a user has named: every address is asked for where they are checked.
    Lease checked(DestinationLimits limits) {
        return lease(new Kind(limits.requestTimeout(), limits.hosts()));
    }

    /// For the hosts of AWS.
    Lease unchecked(DestinationLimits limits) {
        return lease(new Kind(limits.requestTimeout(), null));
    }

    private synchronized Lease lease(Kind kind) {
        Shared shared = open.computeIfAbsent(kind, wanted -> new Shared(client(wanted), timer()));
        shared.users++;
        return new Lease(kind, shared);
    }

    private void giveBack(Kind kind) {
        Shared unwanted = null;
        synchronized (this) {
            Shared shared = open.get(kind);
            if (shared != null && --shared.users == 0) {
                open.remove(kind);
                unwanted = shared;
            }
        }
        if (unwanted != null) {
            unwanted.close();
        }
    }

    private static ScheduledExecutorService timer() {
        ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(
                TIMER_THREADS, Thread.ofPlatform().daemon().name("s3-timer-", 0).factory());
        timer.setRemoveOnCancelPolicy(true);
        return timer;
    }

    private static SdkHttpClient client(Kind kind) {
        Apache5HttpClient.Builder builder = Apache5HttpClient.builder()
                .connectionTimeout(CONNECT_TIMEOUT)
                .socketTimeout(kind.requestTimeout())
                .maxConnections(MAX_CONNECTIONS)
                .connectionTimeToLive(LONGEST_CONNECTION)
                .tcpKeepAlive(true);
        HostResolver hosts = kind.hosts();
        return hosts == null
                ? builder.build()
                : builder.dnsResolver(new CheckedHosts(hosts)).build();
    }

    private record CheckedHosts(HostResolver hosts) implements DnsResolver {
        @Override
        public InetAddress[] resolve(String host) throws UnknownHostException {
            return hosts.resolve(host).toArray(InetAddress[]::new);
        }

        @Override
        public String resolveCanonicalHostname(String host) {
            return host;
        }
    }
}
