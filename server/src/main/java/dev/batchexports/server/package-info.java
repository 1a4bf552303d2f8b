/// The server: the only module with Spring, Temporal, HTTP and SQL. [dev.batchexports.server.Main] is
/// its entry.
@NullMarked
package dev.batchexports.server;

import org.jspecify.annotations.NullMarked;
