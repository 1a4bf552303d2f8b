package dev.batchexports.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/// A table of aligned columns. A column whose name ends with `>` is aligned to the right.
final class Table {
    private static final String RIGHT = ">";

    private final List<String> columns;
    private final List<List<String>> rows = new ArrayList<>();

    Table(String... columns) {
        this.columns = List.of(columns);
    }

    Table row(String... cells) {
        if (cells.length != columns.size()) {
            throw new IllegalArgumentException("a row needs " + columns.size() + " cells");
        }
        rows.add(List.of(cells));
        return this;
    }

    void print(PrintWriter out) {
        List<String> header =
                columns.stream().map(name -> name.replace(RIGHT, "")).toList();
        int[] widths = IntStream.range(0, columns.size())
                .map(column -> rows.stream()
                        .mapToInt(row -> row.get(column).length())
                        .reduce(header.get(column).length(), Math::max))
                .toArray();
        print(out, header, widths);
        rows.forEach(row -> print(out, row, widths));
    }

    private void print(PrintWriter out, List<String> cells, int[] widths) {
        StringBuilder line = new StringBuilder();
        for (int column = 0; column < cells.size(); column++) {
            String cell = cells.get(column);
            String space = " ".repeat(widths[column] - cell.length());
            line.append(columns.get(column).endsWith(RIGHT) ? space + cell : cell + space)
                    .append("  ");
        }
        out.println(line.toString().stripTrailing());
    }
}
