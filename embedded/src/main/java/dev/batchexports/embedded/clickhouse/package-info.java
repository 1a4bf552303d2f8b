/// The ClickHouse engine in a process of its own, behind the HTTP interface of a ClickHouse server.
///
/// [dev.batchexports.embedded.clickhouse.ClickHouseEngine] is that process's main class.
/// [dev.batchexports.embedded.clickhouse.HttpServer]
/// speaks HTTP, [dev.batchexports.embedded.clickhouse.QueryHandler] does what a server does with a request, and
/// [dev.batchexports.embedded.clickhouse.Chdb] binds the engine's C interface.
@NullMarked
package dev.batchexports.embedded.clickhouse;

import org.jspecify.annotations.NullMarked;
