package dev.batchexports.core.run;

/// The life of a run, in the words that users see.
public enum RunStatus {
    /// Scheduled; not yet picked up, or waiting for its settle delay.
    STARTING("Starting", false),
    /// Being exported, or waiting for its next attempt.
    RUNNING("Running", false),
    /// Everything is committed at the destination.
    COMPLETED("Completed", true),
    /// A non-retryable error, or retries gave up.
    FAILED("Failed", true),
    CANCELLED("Cancelled", true),
    /// Ended from outside: the workflow was terminated.
    TERMINATED("Terminated", true),
    /// Ended from outside: the workflow ran out of its time.
    TIMED_OUT("TimedOut", true);

    private final String word;
    private final boolean finished;

    RunStatus(String word, boolean finished) {
        this.word = word;
        this.finished = finished;
    }

    /// As it stands in the API and in the database.
    public String word() {
        return word;
    }

    /// Whether nothing more happens to a run of this status.
    public boolean isFinished() {
        return finished;
    }

    /// @throws IllegalArgumentException for a word that is no status
    public static RunStatus of(String word) {
        for (RunStatus status : values()) {
            if (status.word.equalsIgnoreCase(word)) {
                return status;
            }
        }
        throw new IllegalArgumentException(
                "status must be Starting, Running, Completed, Failed, Cancelled, Terminated or" + " TimedOut, not \""
                        + word + "\"");
    }
}
