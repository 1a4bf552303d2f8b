package dev.batchexports.server.api;

import dev.batchexports.source.clickhouse.ReadAdvice;
import io.swagger.v3.oas.annotations.media.Schema;
import java.util.Locale;

/// What ClickHouse reads for an interval, as the API shows it.
@Schema(name = "ReadAdvice", description = "How much ClickHouse reads to find the rows of the last whole hour.")
record ReadAdviceAnswer(
        long rowsSelected,
        long rowsRead,
        double rowsReadPerRow,
        long bytesRead,
        long elapsedMilliseconds,

        @Schema(allowableValues = {"good", "costly", "scans"})
        String verdict,

        @Schema(description = "What the figures mean.") String message,

        @Schema(description = "What to change; empty when there is nothing.")
        String fix) {
    static ReadAdviceAnswer of(ReadAdvice advice) {
        return new ReadAdviceAnswer(
                advice.rowsSelected(),
                advice.rowsRead(),
                advice.rowsReadPerRow(),
                advice.bytesRead(),
                advice.elapsed().toMillis(),
                advice.verdict().name().toLowerCase(Locale.ROOT),
                advice.sentence(),
                advice.fix());
    }
}
