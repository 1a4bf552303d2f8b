package dev.batchexports.server.workflow;

import java.time.Instant;

/// One try of a stage.
///
/// @param number from 1
/// @param givesUpAt no further attempt is made from then on
record Attempt(int number, Instant givesUpAt) {}
