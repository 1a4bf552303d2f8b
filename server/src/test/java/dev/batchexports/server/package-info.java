/// Tests of the server over its real dependencies.
@NullMarked
package dev.batchexports.server;

import org.jspecify.annotations.NullMarked;
