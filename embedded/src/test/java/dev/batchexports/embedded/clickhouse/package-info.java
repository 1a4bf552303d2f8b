@NullMarked
package dev.batchexports.embedded.clickhouse;

import org.jspecify.annotations.NullMarked;
