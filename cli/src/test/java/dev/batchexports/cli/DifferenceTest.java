package dev.batchexports.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// What a file changes inside of a model and of filters, which the server takes as wholes.
class DifferenceTest {
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final DestinationTypes NO_TYPES = new DestinationTypes(JSON.createArrayNode());
    private static final String EXPORT = """
            {"name": "orders",
             "model": {"name": "orders", "table": "shop.orders", "landing_time_column": "inserted_at",
                       "columns": ["id", {"name": "total", "source": "amount"}], "primary_key": ["id"], "version_key": null},
             "filters": [{"key": "plan", "value": "pro", "operator": "is_not", "type": "event"},
                         {"key": "coupon", "operator": "is_set", "type": "event"}]}
            """;

    private static ObjectNode patch(String document) {
        return Difference.between(JSON.readTree(EXPORT), (ObjectNode) JSON.readTree(document), NO_TYPES)
                .patch();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                """
        {"model": {"table": "shop.orders", "columns": [{"name": "id"}, {"name": "total", "source": "amount", "type": null}],
                   "primary_key": ["id"]}}""",
                """
        {"filters": [{"key": "plan", "value": ["pro"], "operator": "is_not"},
                     {"key": "coupon", "operator": "is_set", "value": "is_set"}]}""",
            })
    void isNothingWhereOnlyDefaultsAreLeftOut(String document) {
        assertThat(patch(document)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                """
        {"model": {"table": "shop.orders", "columns": ["id", {"name": "total", "source": "amount"}]}}""",
                """
        {"model": {"table": "shop.orders", "primary_key": ["id"]}}""",
                """
        {"model": {"table": "shop.orders", "columns": ["id", "total"], "primary_key": ["id"]}}""",
                """
        {"filters": [{"key": "plan", "value": "pro"}, {"key": "coupon", "operator": "is_set", "type": "event"}]}""",
                """
        {"filters": [{"key": "plan", "value": "pro", "operator": "is_not", "type": "event"}]}""",
                """
        {"filters": []}""",
            })
    void isTheWholeFieldWhereAnythingElseIsLeftOut(String document) {
        assertThat(patch(document)).isEqualTo(JSON.readTree(document));
    }
}
