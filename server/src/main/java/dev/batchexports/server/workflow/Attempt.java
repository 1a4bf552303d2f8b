package dev.batchexports.server.workflow;

import java.time.Instant;

/// One execution of an activity that stages are recorded for.
///
/// @param number counted by Temporal, from 1
/// @param givesUpAt no further one is made from then on
record Attempt(int number, Instant givesUpAt) {}
