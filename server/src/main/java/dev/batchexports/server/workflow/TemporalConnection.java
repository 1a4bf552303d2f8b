package dev.batchexports.server.workflow;

import com.google.protobuf.Timestamp;
import com.uber.m3.tally.RootScopeBuilder;
import com.uber.m3.tally.Scope;
import com.uber.m3.tally.ScopeCloseException;
import dev.batchexports.server.Settings;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.micrometer.core.instrument.MeterRegistry;
import io.temporal.api.workflowservice.v1.WorkflowServiceGrpc.WorkflowServiceBlockingStub;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowClientOptions;
import io.temporal.client.schedules.ScheduleClient;
import io.temporal.client.schedules.ScheduleClientOptions;
import io.temporal.common.converter.DataConverter;
import io.temporal.common.reporter.MicrometerClientStatsReporter;
import io.temporal.serviceclient.RpcRetryOptions;
import io.temporal.serviceclient.WorkflowServiceStubs;
import io.temporal.serviceclient.WorkflowServiceStubsOptions;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The way to Temporal. Opening it does not connect: a process comes up while Temporal is down.
///
/// There are two connections. Workers keep trying for a minute, because what they have to report is
/// worth the wait; everybody else wants an answer while a person is waiting, and gives up after a few
/// seconds.
final class TemporalConnection implements AutoCloseable {
    private static final Duration ANSWER = Duration.ofSeconds(5);
    private static final double METRICS_REPORT_SECONDS = 10;

    private static final Logger LOG = LoggerFactory.getLogger(TemporalConnection.class);

    private final Scope metrics;
    private final WorkflowServiceStubs workerStubs;
    private final WorkflowServiceStubs stubs;
    private final WorkflowClient workerClient;
    private final WorkflowClient client;
    private final ScheduleClient schedules;
    private final String namespace;

    private TemporalConnection(Settings.Temporal settings, DataConverter converter, MeterRegistry registry) {
        this.namespace = settings.namespace();
        this.metrics = new RootScopeBuilder()
                .reporter(new MicrometerClientStatsReporter(registry))
                .reportEvery(com.uber.m3.util.Duration.ofSeconds(METRICS_REPORT_SECONDS));
        this.workerStubs = WorkflowServiceStubs.newServiceStubs(
                options(settings).setMetricsScope(metrics).build());
        this.stubs = WorkflowServiceStubs.newServiceStubs(options(settings)
                .setRpcTimeout(ANSWER)
                .setRpcRetryOptions(
                        RpcRetryOptions.newBuilder().setExpiration(ANSWER).validateBuildWithDefaults())
                .build());
        WorkflowClientOptions clientOptions = WorkflowClientOptions.newBuilder()
                .setNamespace(namespace)
                .setDataConverter(converter)
                .build();
        this.workerClient = WorkflowClient.newInstance(workerStubs, clientOptions);
        this.client = WorkflowClient.newInstance(stubs, clientOptions);
        this.schedules = ScheduleClient.newInstance(
                stubs,
                ScheduleClientOptions.newBuilder()
                        .setNamespace(namespace)
                        .setDataConverter(converter)
                        .build());
    }

    static TemporalConnection open(Settings.Temporal settings, DataConverter converter, MeterRegistry registry) {
        return new TemporalConnection(settings, converter, registry);
    }

    private static WorkflowServiceStubsOptions.Builder options(Settings.Temporal settings) {
        WorkflowServiceStubsOptions.Builder options =
                WorkflowServiceStubsOptions.newBuilder().setTarget(settings.address());
        if (settings.tls()) {
            options.setEnableHttps(true);
        }
        if (!settings.apiKey().isEmpty()) {
            options.addApiKey(settings::apiKey);
        }
        return options;
    }

    String namespace() {
        return namespace;
    }

    /// For the workers of this process.
    WorkflowClient workerClient() {
        return workerClient;
    }

    WorkflowClient client() {
        return client;
    }

    ScheduleClient schedules() {
        return schedules;
    }

    /// Calls Temporal's own interface, for what the client has no method for.
    ///
    /// @throws OrchestrationUnavailableException when Temporal does not answer
    <T> T call(Function<WorkflowServiceBlockingStub, T> request) {
        return answerOf(
                () -> request.apply(stubs.blockingStub().withDeadlineAfter(ANSWER.toMillis(), TimeUnit.MILLISECONDS)));
    }

    /// Executes a request and tells a Temporal that cannot answer from one that says no.
    ///
    /// @throws OrchestrationUnavailableException when Temporal does not answer
    static <T> T answerOf(Supplier<T> request) {
        try {
            return request.get();
        } catch (RuntimeException e) {
            if (statusOf(e).map(TemporalConnection::isUnavailable).orElse(false)) {
                throw new OrchestrationUnavailableException(e);
            }
            throw e;
        }
    }

    /// Whether an error says that the schedule or workflow asked for is not there.
    static boolean isNotFound(RuntimeException error) {
        return statusOf(error).map(status -> status == Status.Code.NOT_FOUND).orElse(false);
    }

    static Instant instant(Timestamp timestamp) {
        return Instant.ofEpochSecond(timestamp.getSeconds(), timestamp.getNanos());
    }

    private static Optional<Status.Code> statusOf(Throwable error) {
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            if (cause instanceof StatusRuntimeException status) {
                return Optional.of(status.getStatus().getCode());
            }
        }
        return Optional.empty();
    }

    private static boolean isUnavailable(Status.Code code) {
        return switch (code) {
            case UNAVAILABLE, DEADLINE_EXCEEDED, CANCELLED, RESOURCE_EXHAUSTED, ABORTED, INTERNAL, UNKNOWN -> true;
            case OK,
                    INVALID_ARGUMENT,
                    NOT_FOUND,
                    ALREADY_EXISTS,
                    PERMISSION_DENIED,
                    FAILED_PRECONDITION,
                    OUT_OF_RANGE,
                    UNIMPLEMENTED,
                    DATA_LOSS,
                    UNAUTHENTICATED -> false;
        };
    }

    @Override
    public void close() {
        stubs.shutdownNow();
        workerStubs.shutdownNow();
        try {
            metrics.close();
        } catch (ScopeCloseException e) {
            LOG.warn("The last metrics were not reported", e);
        }
    }
}
