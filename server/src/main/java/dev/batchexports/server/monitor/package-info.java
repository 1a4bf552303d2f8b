/// What people watch: how every export fares, what its runs took, and what changes.
@NullMarked
package dev.batchexports.server.monitor;

import org.jspecify.annotations.NullMarked;
