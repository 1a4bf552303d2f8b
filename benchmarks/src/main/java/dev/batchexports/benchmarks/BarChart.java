package dev.batchexports.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Horizontal bars in groups, as an SVG image that is readable on light and dark pages.
final class BarChart {
    private static final List<String> COLOURS =
            List.of("#f54e00", "#f9a27a", "#1d4aff", "#7a7f87", "#b0b4ba", "#d8dadf");
    private static final int WIDTH = 860;
    private static final int LABEL = 250;
    private static final int VALUE = 110;
    private static final int BAR = 16;
    private static final int GAP = 5;
    private static final int GROUP_TITLE = 26;
    private static final int HEAD = 44;

    private final String title;
    private final List<Group> groups = new ArrayList<>();

    /// @param title with the unit
    BarChart(String title) {
        this.title = title;
    }

    /// @param least and greatest of the measurements, drawn as a line over the bar
    record Bar(String label, double value, double least, double greatest) {}

    private record Group(String title, List<Bar> bars) {}

    void add(String groupTitle, List<Bar> bars) {
        groups.add(new Group(groupTitle, List.copyOf(bars)));
    }

    String svg() {
        double most = groups.stream()
                .flatMap(group -> group.bars().stream())
                .mapToDouble(Bar::greatest)
                .max()
                .orElse(1);
        List<String> labels = groups.stream()
                .flatMap(group -> group.bars().stream())
                .map(Bar::label)
                .distinct()
                .toList();
        int height = HEAD
                + groups.stream()
                        .mapToInt(group -> GROUP_TITLE + group.bars().size() * (BAR + GAP))
                        .sum();
        StringBuilder svg = new StringBuilder();
        svg.append("""
                <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="system-ui, sans-serif" font-size="13">
                <rect width="100%%" height="100%%" fill="#ffffff"/>
                <text x="16" y="26" font-size="16" font-weight="600" fill="#111111">%s</text>
                """.formatted(WIDTH, height + 12, title));
        double scale = (WIDTH - LABEL - VALUE) / Math.max(most, 1e-9);
        int y = HEAD;
        for (Group group : groups) {
            svg.append("<text x=\"16\" y=\"%d\" font-weight=\"600\" fill=\"#333333\">%s</text>%n"
                    .formatted(y + 16, group.title()));
            y += GROUP_TITLE;
            for (Bar bar : group.bars()) {
                double end = LABEL + bar.value() * scale;
                double middle = y + BAR / 2.0;
                svg.append("<text x=\"%d\" y=\"%d\" text-anchor=\"end\" fill=\"#333333\">%s</text>%n"
                        .formatted(LABEL - 8, y + 13, bar.label()));
                svg.append(String.format(
                        Locale.ROOT,
                        "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" rx=\"2\" fill=\"%s\"/>%n",
                        LABEL,
                        y,
                        Math.max(1, end - LABEL),
                        BAR,
                        COLOURS.get(labels.indexOf(bar.label()) % COLOURS.size())));
                svg.append(String.format(
                        Locale.ROOT,
                        "<path d=\"M%.1f %.1fH%.1f\" stroke=\"#111111\" stroke-width=\"1.5\"/>%n",
                        LABEL + bar.least() * scale,
                        middle,
                        LABEL + bar.greatest() * scale));
                svg.append(String.format(
                        Locale.ROOT,
                        "<text x=\"%.1f\" y=\"%d\" fill=\"#111111\">%s</text>%n",
                        LABEL + bar.greatest() * scale + 6,
                        y + 13,
                        number(bar.value())));
                y += BAR + GAP;
            }
        }
        return svg.append("</svg>\n").toString();
    }

    private static String number(double value) {
        return value >= 100 ? String.format(Locale.ROOT, "%,.0f", value) : String.format(Locale.ROOT, "%.1f", value);
    }
}
