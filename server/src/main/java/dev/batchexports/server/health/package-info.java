/// Whether a process can do its work, and how a worker tells.
@NullMarked
package dev.batchexports.server.health;

import org.jspecify.annotations.NullMarked;
