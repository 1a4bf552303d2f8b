/// The commands of `bx` that run the program itself: server, worker, dev and demo.
@NullMarked
package dev.batchexports.server.commands;

import org.jspecify.annotations.NullMarked;
