/// Starts and supervises what Batch Exports needs on one machine: Temporal, a ClickHouse engine, S3 and PostgreSQL.
///
/// [dev.batchexports.embedded.EmbeddedPlatform] is the way in. Each component is a process of its own on loopback,
/// with its
/// data, its log and its credentials in one data folder, and ends with the process that started it.
@NullMarked
package dev.batchexports.embedded;

import org.jspecify.annotations.NullMarked;
