@NullMarked
package dev.batchexports.cli;

import org.jspecify.annotations.NullMarked;
