package dev.batchexports.benchmarks;

import dev.batchexports.embedded.Component;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import software.amazon.awssdk.services.s3.model.S3Object;

/// Measures contenders against each other: every one writes every format several times, in an order that rotates so
/// that none always has the warm caches or the full disk, and what it wrote is read back.
final class Comparison {
    private final Laboratory laboratory;
    private final Rows rows;
    private final Consumer<String> progress;
    private final List<String> failed = new ArrayList<>();

    Comparison(Laboratory laboratory, Rows rows, Consumer<String> progress) {
        this.laboratory = laboratory;
        this.rows = rows;
        this.progress = progress;
    }

    List<Measurement> run(List<Contender> contenders, List<Format> formats, int rounds) throws InterruptedException {
        List<Measurement> measurements = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
            for (Format format : formats) {
                List<Contender> order = new ArrayList<>(contenders);
                Collections.rotate(order, -round - formats.indexOf(format));
                for (Contender contender : order) {
                    if (contender.writes(format) && contender.takesPart(round)) {
                        Measurement measurement;
                        try {
                            measurement = measure(contender, format);
                        } catch (PeerFailedException failure) {
                            failed.add(format.title() + " by " + failure.getMessage());
                            progress.accept("  " + failed.getLast());
                            continue;
                        }
                        measurements.add(measurement);
                        progress.accept("  round %d, %s, %s: %.2f s"
                                .formatted(round + 1, format.title(), contender.name(), measurement.seconds()));
                    }
                }
            }
        }
        return measurements;
    }

    /// What peers failed at: that is no reason not to measure the others.
    List<String> failed() {
        return List.copyOf(failed);
    }

    /// Lets every program do everything once, on what may be far fewer rows: its code is compiled by then.
    void warmUp(List<Contender> contenders, List<Format> formats) throws InterruptedException {
        for (Format format : formats) {
            for (Contender contender : contenders) {
                if (contender.writes(format) && !(contender instanceof Peer)) {
                    Measurement _ = measure(contender, format);
                }
            }
        }
    }

    private Measurement measure(Contender contender, Format format) throws InterruptedException {
        // One prefix for each contender and format: a program may replace what it wrote, as it would in production.
        String prefix = "%s_%s"
                .formatted(
                        format.name().toLowerCase(Locale.ROOT),
                        contender.name().toLowerCase(Locale.ROOT).replaceAll("[^a-z]+", "_"));
        laboratory.store().clear(prefix);
        Meter engineMeter = laboratory.meterOf(Component.CLICKHOUSE);
        Meter storeMeter = laboratory.meterOf(Component.S3);
        Meter temporal = laboratory.meterOf(Component.TEMPORAL);
        Meter postgres = laboratory.meterOf(Component.POSTGRES);
        Meter server = laboratory.meterOfServer();
        Exported exported;
        try {
            exported = contender.export(format, rows, prefix);
        } catch (IllegalStateException failure) {
            throw new IllegalStateException(
                    contender.name() + " did not write " + format.title() + ": " + failure.getMessage(), failure);
        }
        Usage engine = engineMeter.stop();
        Usage store = storeMeter.stop();
        Usage other = sum(temporal.stop(), postgres.stop(), server.stop());
        String suffix = format.isParquet() ? ".parquet" : format.compression().equals("gzip") ? ".gz" : ".zst";
        List<S3Object> files = laboratory.store().files(contender.folder(prefix), suffix);
        rows.require(format, contender.folder(prefix) + "/*" + suffix);
        return new Measurement(
                format,
                contender.name(),
                exported.took().toNanos() / 1e9,
                exported.client(),
                engine,
                store,
                other,
                files.stream().mapToLong(S3Object::size).sum(),
                files.size());
    }

    private static Usage sum(Usage... usages) {
        double seconds = 0;
        long bytes = 0;
        for (Usage usage : usages) {
            seconds += usage.cpuSeconds();
            bytes += usage.peakBytes();
        }
        return new Usage(seconds, bytes);
    }
}
