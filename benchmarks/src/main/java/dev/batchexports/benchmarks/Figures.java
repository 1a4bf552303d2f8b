package dev.batchexports.benchmarks;

import java.util.List;
import java.util.function.ToDoubleFunction;

/// The measurements of one contender for one format.
record Figures(Format format, String contender, List<Measurement> measurements) {
    Figures {
        measurements = List.copyOf(measurements);
    }

    double median(ToDoubleFunction<Measurement> figure) {
        double[] sorted = sorted(figure);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    double least(ToDoubleFunction<Measurement> figure) {
        return sorted(figure)[0];
    }

    double greatest(ToDoubleFunction<Measurement> figure) {
        return sorted(figure)[measurements.size() - 1];
    }

    double seconds() {
        return median(Measurement::seconds);
    }

    private double[] sorted(ToDoubleFunction<Measurement> figure) {
        return measurements.stream().mapToDouble(figure).sorted().toArray();
    }
}
