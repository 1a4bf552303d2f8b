package dev.batchexports.server.monitor;

/// How far a slice of a run is.
///
/// @param number from 1
/// @param rows as planned
/// @param bytes as planned, before encoding
/// @param bytesDone encoded bytes that the destination has taken
public record SliceProgress(int number, long rows, long bytes, long bytesDone, State state) {
    public enum State {
        TRANSFERRED,
        UNDER_WAY
    }
}
