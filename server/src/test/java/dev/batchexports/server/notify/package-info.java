/// Tests of notifications.
@NullMarked
package dev.batchexports.server.notify;

import org.jspecify.annotations.NullMarked;
