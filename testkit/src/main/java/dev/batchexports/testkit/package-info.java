/// What the tests of every destination share: the contract that each one has to pass
/// ([DestinationContract]), rows to export whose values are known ([SampleRow], [SampleFile]), streams
/// that break or stall on purpose ([GeneratedRows]) and a network that does ([FaultyProxy]).
@NullMarked
package dev.batchexports.testkit;

import org.jspecify.annotations.NullMarked;
