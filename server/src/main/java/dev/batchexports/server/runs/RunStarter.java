package dev.batchexports.server.runs;

import dev.batchexports.server.exports.BatchExport;
import dev.batchexports.server.workflow.Orchestration;
import dev.batchexports.server.workflow.OrchestrationUnavailableException;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/// Begins runs: the row first, then its workflow.
@Component
public class RunStarter {
    private static final Logger LOG = LoggerFactory.getLogger(RunStarter.class);

    private final RunStore runs;
    private final Orchestration orchestration;
    private final Clock clock;

    public RunStarter(RunStore runs, Orchestration orchestration, Clock clock) {
        this.runs = runs;
        this.orchestration = orchestration;
        this.clock = clock;
    }

    /// Stores a run and starts its workflow.
    ///
    /// @throws RunAlreadyActiveException when the interval has an unfinished run: then nothing is stored
    /// @throws OrchestrationUnavailableException when Temporal does not answer: the run is stored all the same,
    ///     and the reconciler starts it later
    public void begin(BatchExport export, NewRun wanted) {
        Run run = runs.create(wanted, clock.instant().truncatedTo(ChronoUnit.MICROS));
        try {
            orchestration.startRun(export, run);
        } catch (RunAlreadyActiveException e) {
            runs.deleteUnstarted(run.id());
            throw e;
        }
    }

    /// Stores a run and starts its workflow. While Temporal cannot be reached the run stays Starting, and the
    /// reconciler starts it later.
    ///
    /// @throws RunAlreadyActiveException when the interval has an unfinished run: then nothing is stored
    public Run start(BatchExport export, NewRun wanted) {
        try {
            begin(export, wanted);
        } catch (OrchestrationUnavailableException e) {
            LOG.warn("run {} starts later: {}", wanted.id(), e.getMessage());
        }
        return runs.find(wanted.id()).orElseThrow();
    }
}
