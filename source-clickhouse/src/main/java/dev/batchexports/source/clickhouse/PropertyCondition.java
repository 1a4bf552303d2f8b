package dev.batchexports.source.clickhouse;

import dev.batchexports.core.source.PropertyFilter;
import dev.batchexports.core.source.PropertyFilter.Value;
import java.util.List;

/// A [PropertyFilter] as SQL. All that comes from a user is bound.
///
/// A property that is not set is the empty text: no JSON value is.
///
/// @param position among the filters of a selection, for the names of parameters
/// @param column the text column that holds the JSON object
record PropertyCondition(int position, String column, PropertyFilter filter) {
    /// From here on not every whole number is a double.
    private static final double EXACT_NUMBERS = 1L << 53;

    /// Adds a condition that is true or false, never NULL.
    void add(Statement.Builder statement) {
        String raw = raw(statement);
        String set = raw + " NOT IN ('', 'null')";
        String text = "if(startsWith(" + raw + ", '\"'), JSONExtractString(" + raw + "), " + raw + ")";
        boolean negative = switch (filter.operator()) {
            case IS_NOT, NOT_ICONTAINS, NOT_REGEX, IS_NOT_SET -> true;
            case EXACT, ICONTAINS, REGEX, IS_SET, GT, GTE, LT, LTE -> false;
        };
        statement.add(negative ? "NOT (" : "(").add(set);
        switch (filter.operator()) {
            case IS_SET, IS_NOT_SET -> {
                // That is all.
            }
            case EXACT, IS_NOT -> {
                statement.add(" AND (");
                addEquals(statement, raw, text);
                statement.add(")");
            }
            case ICONTAINS, NOT_ICONTAINS ->
                statement
                        .add(" AND positionCaseInsensitiveUTF8(" + text + ", ")
                        .addText(name("value"), value().text())
                        .add(") > 0");
            case REGEX, NOT_REGEX ->
                statement
                        .add(" AND match(" + text + ", ")
                        .addText(name("value"), value().text())
                        .add(")");
            case GT -> addComparison(statement, text, " > ");
            case GTE -> addComparison(statement, text, " >= ");
            case LT -> addComparison(statement, text, " < ");
            case LTE -> addComparison(statement, text, " <= ");
        }
        statement.add(")");
    }

    private String raw(Statement.Builder statement) {
        String key = statement.bindText(name("key"), filter.key());
        return "JSONExtractRaw(ifNull(" + Identifier.quote(column) + ", ''), " + key + ")";
    }

    /// The same text, or a number of the same value: 5 is also 5.0, and the text "5".
    private void addEquals(Statement.Builder statement, String raw, String text) {
        statement.addInTexts(
                text, name("values"), filter.values().stream().map(Value::text).toList());
        List<Double> numbers = filter.values().stream()
                .filter(Value.Numeric.class::isInstance)
                .map(number -> Double.valueOf(number.text()))
                .toList();
        List<Double> exact = numbers.stream()
                .filter(number -> Math.abs(number) < EXACT_NUMBERS)
                .toList();
        List<Double> great = numbers.stream()
                .filter(number -> Math.abs(number) >= EXACT_NUMBERS)
                .toList();
        if (!exact.isEmpty()) {
            statement.add(" OR ").addInNumbers(number(text), name("numbers"), exact);
        }
        if (!great.isEmpty()) {
            // Two great whole numbers may be the same double: only what is no whole number is compared as one.
            statement.add(" OR (match(" + raw + ", '^-?[0-9]+[.eE]') AND ");
            statement.addInNumbers(number(text), name("great_numbers"), great).add(")");
        }
    }

    private void addComparison(Statement.Builder statement, String text, String operator) {
        statement
                .add(" AND isFinite(" + number(text) + ") AND " + number(text) + operator)
                .addParameter(name("value"), "Float64", value().text());
    }

    /// NaN for what is no number, which equals nothing and is neither greater nor less than anything.
    private static String number(String text) {
        return "ifNull(toFloat64OrNull(" + text + "), nan)";
    }

    private Value value() {
        return filter.values().getFirst();
    }

    private String name(String part) {
        return "filter_" + position + "_" + part;
    }
}
