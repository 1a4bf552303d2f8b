/// The commands of `bx` that are clients of the REST API, and of nothing else: they share no code with the
/// server.
@NullMarked
package dev.batchexports.cli;

import org.jspecify.annotations.NullMarked;
