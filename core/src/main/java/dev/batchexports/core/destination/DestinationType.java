package dev.batchexports.core.destination;

/// A kind of destination, found by [java.util.ServiceLoader]: the one place that knows how to open it.
///
/// @param <C> its configuration: a record whose components are [Parameter]s, which validates itself and
///     throws [InvalidConfigurationException]
public interface DestinationType<C extends Record> {
    /// As it stands in the API: `S3`.
    String name();

    /// The Temporal workflow type of its runs: `s3-export`.
    String workflowType();

    Class<C> configurationType();

    /// Whether a run of an interval that was exported before replaces what is there in every [WriteMode].
    default boolean alwaysReplaces() {
        return false;
    }

    /// Opens the destination without talking to it.
    Destination open(C configuration, DestinationLimits limits);
}
