package dev.batchexports.server.exports;

import dev.batchexports.core.model.Model;
import dev.batchexports.core.model.Relation;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The form in which a [Model] is kept in the database.
record StoredModel(
        String name,
        @Nullable String table,
        @Nullable String query,
        String landingTimeColumn,
        List<Model.Column> columns,
        List<String> primaryKey,
        @Nullable String versionKey) {
    static StoredModel of(Model model) {
        String table = null;
        String query = null;
        switch (model.relation()) {
            case Relation.Table(String name) -> table = name;
            case Relation.Query(String sql) -> query = sql;
        }
        return new StoredModel(
                model.name(),
                table,
                query,
                model.landingTimeColumn(),
                model.columns(),
                model.primaryKey(),
                model.versionKey());
    }

    Model toModel() {
        Relation relation;
        if (table != null) {
            relation = new Relation.Table(table);
        } else if (query != null) {
            relation = new Relation.Query(query);
        } else {
            throw new IllegalStateException("a stored model has neither table nor query: " + name);
        }
        return new Model(name, relation, landingTimeColumn, columns, primaryKey, versionKey);
    }
}
