@NullMarked
package dev.batchexports.core.source;

import org.jspecify.annotations.NullMarked;
