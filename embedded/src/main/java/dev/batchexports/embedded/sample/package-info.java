/// Sample events for the demonstration and for tests, made inside any ClickHouse by its HTTP interface.
@NullMarked
package dev.batchexports.embedded.sample;

import org.jspecify.annotations.NullMarked;
