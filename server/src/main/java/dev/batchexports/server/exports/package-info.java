/// Batch exports: what a user configured, and where it is kept.
@NullMarked
package dev.batchexports.server.exports;

import org.jspecify.annotations.NullMarked;
