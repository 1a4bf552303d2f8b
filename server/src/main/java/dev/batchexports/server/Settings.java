package dev.batchexports.server;

import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.secret.Secret;
import dev.batchexports.source.clickhouse.GzipBy;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/// The settings of a process, from environment variables (`BX_TEMPORAL_ADDRESS` is
/// `bx.temporal.address`) or a file.
///
/// @param role what this process does
@ConfigurationProperties("bx")
public record Settings(
        @DefaultValue("all") Role role,
        @DefaultValue Temporal temporal,
        @DefaultValue Clickhouse clickhouse,
        @DefaultValue Encryption encryption,
        @DefaultValue Worker worker,
        @DefaultValue Limits limits,
        @DefaultValue Reconciliation reconciliation,
        @DefaultValue Logs logs,
        @DefaultValue Metrics metrics,
        @DefaultValue Testing testing) {

    public enum Role {
        /// Serves the API and the UI, and reconciles.
        API,
        /// Executes workflows and activities.
        WORKER,
        /// Both, in one process.
        ALL
    }

    /// @param apiKey for Temporal Cloud; empty for none. It needs TLS
    /// @param tls whether the connection is encrypted
    public record Temporal(
            @DefaultValue("127.0.0.1:7233") String address,
            @DefaultValue("default") String namespace,
            @DefaultValue("") String apiKey,
            @DefaultValue("false") boolean tls,
            @DefaultValue("") String uiUrl) {
        public Temporal {
            if (!apiKey.isEmpty() && !tls) {
                throw new IllegalArgumentException(
                        "BX_TEMPORAL_API_KEY would travel unencrypted: set BX_TEMPORAL_TLS=true");
            }
        }

        @Override
        public String toString() {
            return "Temporal[" + address + "]";
        }
    }

    /// @param maxThreads of one query; 0 for the default of `ClickHouseSettings`, 4
    /// @param maxMemoryBytes of one query; 0 for the default of `ClickHouseSettings`, 4 GiB
    /// @param gzipBy who packs JSON lines with gzip: `worker`, or `clickhouse` where the network between is narrow
    /// @param connections of this process at most
    /// @param priority of our reads among all queries: the greater, the later; 0 leaves it to ClickHouse
    /// @param queryUser as whom models that are SQL queries run; empty for `user`
    /// @param queryProjectSetting a custom setting of ClickHouse that tells row policies the project of such a
    ///     query; empty for none
    public record Clickhouse(
            @DefaultValue("http://127.0.0.1:8123") String url,
            @DefaultValue("default") String user,
            @DefaultValue("") String password,
            @DefaultValue("default") String database,
            @DefaultValue("0") int maxThreads,
            @DefaultValue("2000000000") long maxMemoryBytes,
            @DefaultValue("0") int priority,
            @DefaultValue("worker") GzipBy gzipBy,
            @DefaultValue("64") int connections,
            @DefaultValue("10s") Duration connectTimeout,
            @DefaultValue("5m") Duration readTimeout,
            @DefaultValue Map<String, String> settings,
            @DefaultValue("") String queryUser,
            @DefaultValue("") String queryPassword,
            @DefaultValue("") String queryProjectSetting) {
        public Secret secretPassword() {
            return new Secret(password);
        }

        public Secret secretQueryPassword() {
            return new Secret(queryPassword);
        }

        @Override
        public String toString() {
            return "Clickhouse[" + url + "]";
        }
    }

    /// @param keys 32-byte keys in Base64, comma-separated: the first encrypts, all decrypt
    public record Encryption(@DefaultValue("") String keys) {
        @Override
        public String toString() {
            return "Encryption[***]";
        }
    }

    /// @param concurrentSlices how many slices this process transfers at once
    /// @param slicesPerRun how many slices of one run are transferred at once, over all processes
    /// @param sliceBytes uncompressed size that an interval is cut at
    /// @param leastSliceBytes an interval is cut into as many slices as are transferred at once, or a multiple
    ///     of that, so that all cores of ClickHouse take part, but into none smaller than this
    /// @param bufferBytes memory that one slice may hold for bytes that are under way to the destination
    /// @param memoryBytes memory that all slices of this process may hold for that together: further slices wait
    public record Worker(
            @DefaultValue("4") int concurrentSlices,
            @DefaultValue("3") int slicesPerRun,
            @DefaultValue("536870912") long sliceBytes,
            @DefaultValue("67108864") long leastSliceBytes,
            @DefaultValue("20971520") long bufferBytes,
            @DefaultValue("67108864") long memoryBytes) {}

    /// @param allowPrivateEndpoints whether destinations may be on loopback, private or link-local
    ///     addresses
    /// @param allowShortIntervals whether `every N seconds` is accepted; for tests
    /// @param allowQueryModels whether a model may be a SQL query of the user's own. Such a query sees every table
    ///     that its ClickHouse user may read, other projects included unless row policies bound it
    public record Limits(
            @DefaultValue("false") boolean allowPrivateEndpoints,
            @DefaultValue("false") boolean allowShortIntervals,
            @DefaultValue("false") boolean allowQueryModels) {}

    /// When the rows of a completed run's interval are counted again, to find those that became visible late.
    ///
    /// @param after how long after the run completed, and after each count the next one
    public record Reconciliation(
            @DefaultValue({"10m", "1h", "24h"}) List<Duration> after) {
        /// What landed longer ago than this when it was exported is taken for complete.
        private static final Duration RECENT = Duration.ofDays(2);

        public Reconciliation {
            after = List.copyOf(after);
        }

        /// When the rows of a run that completes now are counted for the first time; null for never.
        public @Nullable Instant first(Interval interval, Instant now) {
            return interval.end().isBefore(now.minus(RECENT)) ? null : next(0, now);
        }

        /// When rows that were counted so often are counted again; null for never.
        public @Nullable Instant next(int counts, Instant now) {
            return counts < after.size() ? now.plus(after.get(counts)) : null;
        }
    }

    /// @param retention how long log lines of runs are kept
    public record Logs(@DefaultValue("30d") Duration retention) {}

    /// Where a worker tells its metrics and health; the server does so at its own port.
    ///
    /// @param port 0 for none
    public record Metrics(
            @DefaultValue("127.0.0.1") String host,
            @DefaultValue("0") int port) {}

    /// For tests that kill a worker at a labelled point, or set its clock.
    ///
    /// @param haltAt the labels at which this process ends as if killed, each once; empty in production
    /// @param haltMarker a folder in which a label leaves a file once it has struck
    /// @param clockShift a file that says by how many seconds this process's clock is wrong; empty in production
    public record Testing(
            @DefaultValue List<String> haltAt,
            @DefaultValue("") String haltMarker,
            @DefaultValue("") String clockShift) {}
}
