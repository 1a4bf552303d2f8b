/// Historical exports: sets of runs over past intervals.
@NullMarked
package dev.batchexports.server.backfills;

import org.jspecify.annotations.NullMarked;
