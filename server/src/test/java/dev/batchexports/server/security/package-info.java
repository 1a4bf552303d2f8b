/// Tests of keys, tokens and guards.
@NullMarked
package dev.batchexports.server.security;

import org.jspecify.annotations.NullMarked;
