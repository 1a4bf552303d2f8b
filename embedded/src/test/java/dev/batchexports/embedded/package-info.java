@NullMarked
package dev.batchexports.embedded;

import org.jspecify.annotations.NullMarked;
