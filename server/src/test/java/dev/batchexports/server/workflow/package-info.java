/// Runs, backfills, schedules and the reconciler, against the real components.
@NullMarked
package dev.batchexports.server.workflow;

import org.jspecify.annotations.NullMarked;
