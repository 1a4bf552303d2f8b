/// Tells the outside about changes of state, by webhooks: an outbox in the database, and a loop that empties it.
@NullMarked
package dev.batchexports.server.notify;

import org.jspecify.annotations.NullMarked;
