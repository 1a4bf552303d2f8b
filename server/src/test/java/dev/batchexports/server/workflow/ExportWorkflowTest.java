package dev.batchexports.server.workflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.server.security.Keyring;
import io.temporal.client.WorkflowClientOptions;
import io.temporal.client.WorkflowOptions;
import io.temporal.client.WorkflowStub;
import io.temporal.failure.ApplicationFailure;
import io.temporal.testing.TestEnvironmentOptions;
import io.temporal.testing.TestWorkflowEnvironment;
import io.temporal.worker.Worker;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/// What the workflow of a run does by itself, in Temporal's test server.
class ExportWorkflowTest {
    @Test
    void startsAgainWhenTheDatabaseIsAwayAtFirst() throws TimeoutException {
        AtomicInteger attempts = new AtomicInteger();
        RunActivities activities = new RunActivities() {
            @Override
            public StartResult start(StartRequest request) {
                if (attempts.incrementAndGet() <= 2) {
                    throw ApplicationFailure.newFailure("The database is away.", "MetadataDatabaseUnavailable");
                }
                return StartResult.skip("there is nothing to export");
            }

            @Override
            public void finish(FinishRequest request) {
                throw new IllegalStateException("a run that was skipped has no end");
            }
        };
        try (TestWorkflowEnvironment environment =
                TestWorkflowEnvironment.newInstance(TestEnvironmentOptions.newBuilder()
                        .setWorkflowClientOptions(WorkflowClientOptions.newBuilder()
                                .setDataConverter(PayloadConverters.encrypted(Keyring.parse(TestServer.KEY)))
                                .build())
                        .build())) {
            Worker worker = environment.newWorker(TaskQueues.CONTROL);
            worker.registerWorkflowImplementationTypes(ExportWorkflow.class);
            worker.registerActivitiesImplementations(activities);
            environment.start();
            WorkflowStub workflow = environment
                    .getWorkflowClient()
                    .newUntypedWorkflowStub(
                            "s3-export",
                            WorkflowOptions.newBuilder()
                                    .setTaskQueue(TaskQueues.CONTROL)
                                    .setWorkflowExecutionTimeout(Duration.ofHours(1))
                                    .build());
            workflow.start(new RunInput(UUID.randomUUID(), null, null, Instant.parse("2026-03-01T10:00:00Z")));

            ExportWorkflow.Result result = workflow.getResult(60, TimeUnit.SECONDS, ExportWorkflow.Result.class);

            assertThat(result.outcome()).isEqualTo(ExportWorkflow.Result.SKIPPED);
            assertThat(attempts).hasValue(3);
        }
    }
}
