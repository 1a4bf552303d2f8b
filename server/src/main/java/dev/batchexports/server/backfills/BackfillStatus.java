package dev.batchexports.server.backfills;

/// The life of a backfill, in the words that users see.
public enum BackfillStatus {
    STARTING("Starting"),
    RUNNING("Running"),
    PAUSED("Paused"),
    /// Every run completed.
    COMPLETED("Completed"),
    /// Every run has ended and at least one of them failed.
    FAILED("Failed"),
    CANCELLED("Cancelled"),
    TERMINATED("Terminated"),
    TIMED_OUT("TimedOut");

    private final String word;

    BackfillStatus(String word) {
        this.word = word;
    }

    public String word() {
        return word;
    }

    public boolean isFinished() {
        return switch (this) {
            case STARTING, RUNNING, PAUSED -> false;
            case COMPLETED, FAILED, CANCELLED, TERMINATED, TIMED_OUT -> true;
        };
    }

    public static BackfillStatus of(String word) {
        for (BackfillStatus status : values()) {
            if (status.word.equalsIgnoreCase(word)) {
                return status;
            }
        }
        throw new IllegalArgumentException("not a backfill status: " + word);
    }
}
