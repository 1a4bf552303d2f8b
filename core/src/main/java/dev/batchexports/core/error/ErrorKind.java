package dev.batchexports.core.error;

/// Who has to act on an error, and therefore whether it is retried.
public enum ErrorKind {
    /// The configuration or the destination has to be changed by a person. Never retried: the run fails
    /// at once.
    USER,
    /// Expected to pass by itself: an outage, a cut connection, an overload. Retried until the export
    /// gives up.
    TRANSIENT,
    /// A defect of this program, or something nobody has classified yet. Retried like [#TRANSIENT], and
    /// worth a report.
    INTERNAL;

    public boolean isRetryable() {
        return this != USER;
    }
}
