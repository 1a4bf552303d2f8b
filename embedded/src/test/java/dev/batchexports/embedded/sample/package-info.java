@NullMarked
package dev.batchexports.embedded.sample;

import org.jspecify.annotations.NullMarked;
