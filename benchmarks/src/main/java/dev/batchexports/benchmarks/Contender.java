package dev.batchexports.benchmarks;

/// One way to bring the rows of an interval into files.
interface Contender extends AutoCloseable {
    String name();

    boolean writes(Format format);

    /// How often it is measured: what takes minutes is not measured as often as the others.
    default boolean takesPart(int round) {
        return round >= 0;
    }

    /// Writes the rows.
    ///
    /// @param prefix of the keys, below which there is nothing
    Exported export(Format format, Rows rows, String prefix) throws InterruptedException;

    /// Below which of the keys that begin with the prefix the files lie.
    default String folder(String prefix) {
        return prefix;
    }

    @Override
    default void close() {}
}
