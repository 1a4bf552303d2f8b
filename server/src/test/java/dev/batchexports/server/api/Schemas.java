package dev.batchexports.server.api;

import dev.batchexports.embedded.sample.ClickHouseEndpoint;
import dev.batchexports.embedded.sample.SampleData;
import dev.batchexports.server.TestServer;

/// The tables of models beside `events`.
final class Schemas {
    private Schemas() {}

    static void create() {
        TestServer server = TestServer.get();
        server.clickHouse("CREATE DATABASE IF NOT EXISTS shop");
        server.clickHouse("""
                CREATE TABLE IF NOT EXISTS shop.orders (id UInt64, amount Float64, version UInt64, landed DateTime)
                ENGINE = MergeTree ORDER BY id
                """);
        try (SampleData sample = new SampleData(ClickHouseEndpoint.of(server.connections()), (rows, total) -> {})) {
            sample.createTables();
        }
    }
}
