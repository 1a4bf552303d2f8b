@NullMarked
package dev.batchexports.core.interval;

import org.jspecify.annotations.NullMarked;
