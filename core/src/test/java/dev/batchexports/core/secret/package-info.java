@NullMarked
package dev.batchexports.core.secret;

import org.jspecify.annotations.NullMarked;
