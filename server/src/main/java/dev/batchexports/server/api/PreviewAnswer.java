package dev.batchexports.server.api;

import dev.batchexports.source.clickhouse.Preview;
import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// Some rows of a model, as the API shows them.
@Schema(name = "Preview", description = "Some of the latest rows, as they would be exported.")
record PreviewAnswer(
        @Schema(description = "Rows that landed from here on were looked at.")
        Instant dataIntervalStart,

        Instant dataIntervalEnd,
        List<ColumnAnswer> columns,

        @Schema(description = "At most 10, in no order; none when nothing landed.")
        List<Map<String, Object>> rows,

        @Schema(description = "Whether rows were left out because they are long.")
        boolean truncated) {

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    @Schema(name = "PreviewColumn")
    record ColumnAnswer(
            @Schema(description = "At the destination.") String name,

            @Schema(description = "As ClickHouse writes it.", example = "DateTime64(6, 'UTC')")
            String type) {}

    static PreviewAnswer of(Preview preview) {
        return new PreviewAnswer(
                preview.interval().start(),
                preview.interval().end(),
                preview.columns().stream()
                        .map(column -> new ColumnAnswer(column.name(), column.type()))
                        .toList(),
                preview.rows().stream()
                        .map(row -> JSON.readValue(row, new TypeReference<Map<String, Object>>() {}))
                        .toList(),
                switch (preview.completeness()) {
                    case WHOLE -> false;
                    case CUT -> true;
                });
    }
}
