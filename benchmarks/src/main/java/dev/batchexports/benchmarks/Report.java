package dev.batchexports.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/// The outcome as a page in Markdown, with charts beside it. What stands in the page between this report's marks is
/// replaced, the rest stays as it is.
final class Report {
    private static final String BEGIN = "<!-- measured: begin -->";
    private static final String END = "<!-- measured: end -->";
    private static final double MEGA = 1e6;
    private static final double GIGA = 1e9;

    private final Rows rows;
    private final Machine machine;
    private final List<Measurement> measurements;
    private final List<String> skipped;

    Report(Rows rows, Machine machine, List<Measurement> measurements, List<String> skipped) {
        this.rows = rows;
        this.machine = machine;
        this.measurements = List.copyOf(measurements);
        this.skipped = List.copyOf(skipped);
    }

    /// @param page the Markdown file; charts go into the folder of its name
    void write(Path page) throws IOException {
        Path folder = page.resolveSibling(page.getFileName().toString().replaceFirst("\\.md$", ""));
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("rows.svg"), rowsChart().svg());
        Files.writeString(folder.resolve("cpu.svg"), cpuChart().svg());
        String measured = BEGIN + "\n" + text(folder.getFileName().toString()) + END + "\n";
        String old = Files.exists(page) ? Files.readString(page) : "# Benchmark\n\n" + BEGIN + "\n" + END + "\n";
        int begin = old.indexOf(BEGIN);
        int end = old.indexOf(END);
        if (begin < 0 || end < begin) {
            throw new IOException("The page " + page + " has no marks between which the figures belong.");
        }
        Files.writeString(
                page,
                old.substring(0, begin)
                        + measured
                        + "\n" + old.substring(end + END.length()).stripLeading());
    }

    /// For the terminal.
    String summary() {
        StringBuilder text = new StringBuilder();
        for (Format format : formats()) {
            text.append(format.title()).append('\n');
            for (Figures figures : of(format)) {
                text.append("  %-30s %7.2f s  %9.0f rows/s  %5s x the engine's own time%n"
                        .formatted(figures.contender(), figures.seconds(), rowsPerSecond(figures), ratio(figures)));
            }
        }
        skipped.forEach(line -> text.append("Skipped: ").append(line).append('\n'));
        return text.toString();
    }

    private String text(String folder) {
        StringBuilder text = new StringBuilder();
        text.append("""

                Measured by `./bx benchmark` on a machine with %d cores (%s) and %.0f GB of memory, load average %s at \
                the start; engine, client and S3 server share it. **Absolute figures mean nothing on another machine: \
                only the ratios of one run count.** %,d rows, %.2f GB as JSON lines without compression, which is \
                what MB and GB mean below. Medians, with the least and the greatest in brackets. What every program \
                wrote was read back by ClickHouse and has exactly the rows of the table.

                """.formatted(
                        machine.cores(),
                        machine.processor(),
                        machine.memoryBytes() / GIGA,
                        machine.load(),
                        rows.count(),
                        rows.rawBytes() / GIGA));
        text.append("![Rows a second](").append(folder).append("/rows.svg)\n\n");
        text.append("![CPU seconds for each GB](").append(folder).append("/cpu.svg)\n\n");
        for (Format format : formats()) {
            text.append("### ").append(format.title()).append("\n\n");
            text.append("""
                    | | time, s | ÷ engine's own | rows/s | MB/s | CPU s per GB: client | engine | S3 server | rest \
                    | peak MB: client | engine | S3 server | files | MB written |
                    |---|---|---|---|---|---|---|---|---|---|---|---|---|---|
                    """);
            for (Figures figures : of(format)) {
                text.append(row(figures)).append('\n');
            }
            text.append('\n');
        }
        if (!skipped.isEmpty()) {
            text.append("Skipped: ").append(String.join("; ", skipped)).append(".\n\n");
        }
        return text.toString();
    }

    private String row(Figures figures) {
        List<String> cells = new ArrayList<>(List.of(
                figures.contender(),
                String.format(
                        Locale.ROOT,
                        "%.1f (%.1f–%.1f)",
                        figures.seconds(),
                        figures.least(Measurement::seconds),
                        figures.greatest(Measurement::seconds)),
                ratio(figures),
                String.format(Locale.ROOT, "%,.0f", rowsPerSecond(figures)),
                String.format(Locale.ROOT, "%.0f", rows.rawBytes() / MEGA / figures.seconds())));
        for (Function<Measurement, Usage> process : PROCESSES) {
            cells.add(String.format(Locale.ROOT, "%.1f", cpuPerGigabyte(figures, process)));
        }
        for (Function<Measurement, Usage> process : PROCESSES.subList(0, 3)) {
            cells.add(String.format(
                    Locale.ROOT,
                    "%.0f",
                    figures.greatest(each -> process.apply(each).peakBytes()) / MEGA));
        }
        cells.add(String.format(Locale.ROOT, "%.0f", figures.median(Measurement::files)));
        cells.add(String.format(Locale.ROOT, "%.0f", figures.median(Measurement::bytes) / MEGA));
        return "| " + String.join(" | ", cells) + " |";
    }

    private static final List<Function<Measurement, Usage>> PROCESSES =
            List.of(Measurement::client, Measurement::engine, Measurement::store, Measurement::other);

    private double cpuPerGigabyte(Figures figures, Function<Measurement, Usage> process) {
        return figures.median(each -> process.apply(each).cpuSeconds()) / (rows.rawBytes() / GIGA);
    }

    private double rowsPerSecond(Figures figures) {
        return rows.count() / figures.seconds();
    }

    private String ratio(Figures figures) {
        Optional<Figures> engine = of(figures.format()).stream()
                .filter(each -> each.contender().equals(EngineAlone.NAME))
                .findFirst();
        return engine.map(own -> String.format(Locale.ROOT, "%.2f", figures.seconds() / own.seconds()))
                .orElse("");
    }

    private BarChart rowsChart() {
        BarChart chart = new BarChart("Rows a second (more is better)");
        fill(chart, each -> rows.count() / each.seconds());
        return chart;
    }

    private BarChart cpuChart() {
        BarChart chart = new BarChart("CPU seconds of all processes for each GB of raw rows (less is better)");
        fill(
                chart,
                each -> PROCESSES.stream()
                                .mapToDouble(process -> process.apply(each).cpuSeconds())
                                .sum()
                        / (rows.rawBytes() / GIGA));
        return chart;
    }

    private void fill(BarChart chart, ToDoubleFunction<Measurement> figure) {
        for (Format format : formats()) {
            chart.add(
                    format.title(),
                    of(format).stream()
                            .map(figures -> new BarChart.Bar(
                                    figures.contender(),
                                    figures.median(figure),
                                    figures.least(figure),
                                    figures.greatest(figure)))
                            .toList());
        }
    }

    private List<Format> formats() {
        return measurements.stream()
                .map(Measurement::format)
                .distinct()
                .sorted()
                .toList();
    }

    private List<Figures> of(Format format) {
        return measurements.stream()
                .filter(each -> each.format() == format)
                .map(Measurement::contender)
                .distinct()
                .sorted()
                .map(contender -> new Figures(
                        format,
                        contender,
                        measurements.stream()
                                .filter(each -> each.format() == format
                                        && each.contender().equals(contender))
                                .toList()))
                .toList();
    }
}
