package dev.batchexports.server.health;

import java.util.Optional;
import java.util.function.Supplier;

/// Whether something that the server needs is there.
///
/// @param name as it stands in the answer: `database`
/// @param problem asks: empty when all is well, else one sentence without addresses or credentials; may
///     throw
public record DependencyCheck(String name, Supplier<Optional<String>> problem) {}
