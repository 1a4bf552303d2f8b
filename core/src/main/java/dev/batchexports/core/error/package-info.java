/// Errors with a code, a kind, one plain sentence and what to change.
@NullMarked
package dev.batchexports.core.error;

import org.jspecify.annotations.NullMarked;
