/// Orchestration: Temporal workflows, activities, schedules and the reconciler.
@NullMarked
package dev.batchexports.server.workflow;

import org.jspecify.annotations.NullMarked;
