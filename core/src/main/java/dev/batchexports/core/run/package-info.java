/// Runs: identity, status and trigger.
@NullMarked
package dev.batchexports.core.run;

import org.jspecify.annotations.NullMarked;
