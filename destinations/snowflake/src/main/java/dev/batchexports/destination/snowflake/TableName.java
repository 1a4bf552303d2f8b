package dev.batchexports.destination.snowflake;

/// A table with its database and schema, each as it stands in double quotes.
record TableName(String database, String schema, String name) {
    /// The table beside this one.
    TableName sibling(String other) {
        return new TableName(database, schema, other);
    }

    /// As it stands in SQL.
    String sql() {
        return schemaSql() + "." + Sql.identifier(name);
    }

    String schemaSql() {
        return databaseSql() + "." + Sql.identifier(schema);
    }

    String databaseSql() {
        return Sql.identifier(database);
    }

    /// For people: `ANALYTICS.PUBLIC.events`.
    @Override
    public String toString() {
        return database + "." + schema + "." + name;
    }
}
