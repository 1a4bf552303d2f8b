package dev.batchexports.core.source;

/// The bytes of one slice as the source encoded them, and the proof that they are whole. Used by one
/// thread.
///
/// A stream counts as whole only when the end of its format was seen: the footer of a Parquet file, the
/// last newline, a closed compression frame. A source that fails in the middle of a stream makes [#read]
/// throw; it never returns -1 for a torn stream.
public interface EncodedRows extends AutoCloseable {
    /// Reads up to `length` bytes; blocks until there is at least one.
    ///
    /// @return how many bytes were read, or -1 at the end of a stream that was seen to be whole
    /// @throws dev.batchexports.core.error.ExportException when the stream is torn, or the source failed
    int read(byte[] buffer, int offset, int length);

    /// How many rows the stream held, counted in the encoded bytes themselves. Known once [#read]
    /// returned -1.
    ///
    /// @throws IllegalStateException before that
    long rows();

    /// Gives the connection back; before the end of the stream it also ends the query at the source.
    @Override
    void close();
}
