package dev.batchexports.server.runs;

/// One attempt at a stage of a run.
///
/// @param number from 1, among those at the same stage and slice
/// @param outOfMemory how many attempts ended because the source ran out of memory, at that stage and slice of the
///     run at which most did: what one slice has learned, the others need not
public record StartedAttempt(int number, int outOfMemory) {}
