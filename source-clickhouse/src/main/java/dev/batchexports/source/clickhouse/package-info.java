/// Reads ClickHouse over its HTTP interface: plans the slices of an interval and streams them as
/// ClickHouse encodes them.
///
/// Start reading at [ClickHouseSource]. Which rows belong to a slice is decided in `ResolvedSelection`,
/// what they look like in `OutputFormat`, how a stream is proved whole in `StreamCheck`.
@NullMarked
package dev.batchexports.source.clickhouse;

import org.jspecify.annotations.NullMarked;
