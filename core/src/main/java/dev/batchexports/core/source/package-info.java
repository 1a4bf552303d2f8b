/// The seam to where rows come from: counting, planning and streaming encoded bytes.
@NullMarked
package dev.batchexports.core.source;

import org.jspecify.annotations.NullMarked;
