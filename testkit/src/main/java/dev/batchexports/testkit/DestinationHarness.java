package dev.batchexports.testkit;

import dev.batchexports.core.destination.Destination;
import dev.batchexports.core.destination.TransferContext;
import dev.batchexports.core.destination.WriteMode;
import java.net.InetSocketAddress;
import java.util.List;

/// What [DestinationContract] needs to know of a destination and of the real store behind it.
///
/// Runs of different model names must not meet in the store: the contract gives every test a name of its
/// own and expects it in the table's name or the prefix.
public interface DestinationHarness {
    /// What a run does to an interval that was exported before.
    enum Rerun {
        REPLACES,
        APPENDS;

        WriteMode writeMode() {
            return switch (this) {
                case REPLACES -> new WriteMode.Replace();
                case APPENDS -> new WriteMode.Append();
            };
        }
    }

    Rerun rerun();

    /// Whether the destination can merge by a key, which destinations that write files cannot.
    default boolean merges() {
        return false;
    }

    /// Opens the destination, as a process of its own would. The caller closes it.
    Destination open();

    /// Opens the destination at another address, where a [FaultyProxy] listens.
    Destination openAt(InetSocketAddress address);

    /// Opens the destination with a secret that is wrong.
    Destination openWithWrongSecret();

    /// Opens the destination with a bucket or database that does not exist.
    Destination openWithMissingTarget();

    /// Where the store listens.
    InetSocketAddress address();

    /// Every secret in any of the configurations.
    List<String> secrets();

    /// Stops the store; its data stays.
    void stopStore();

    void startStore();

    /// The rows of the context's interval that a reader sees who follows the rules of the destination, in
    /// any order, each as often as it is there.
    List<SampleRow> visibleRows(TransferContext context);

    /// Everything of the context's interval that a reader could see who does not follow any rules: names of
    /// files, for example.
    List<String> visibleNames(TransferContext context);

    /// What the context's interval left in the store that no reader sees: unfinished uploads, staged files.
    List<String> leftovers(TransferContext context);

    /// Removes the leftovers behind the destination's back, as the store's own housekeeping may.
    void expireLeftovers(TransferContext context);
}
