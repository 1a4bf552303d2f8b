package dev.batchexports.destination.s3;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.batchexports.core.destination.CommittedFile;
import dev.batchexports.core.destination.TransferContext;
import dev.batchexports.core.run.RunKey;
import dev.batchexports.core.source.Encoding;
import dev.batchexports.core.source.SourceColumn;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// What a run committed for an interval, as it stands in the bucket beside the files: readers wait for it
/// and read exactly the files it names.
///
/// The record is the JSON document, with names in snake_case. Fields may be added; none is renamed.
///
/// @param version of the document's shape
/// @param generation of the run; a run never replaces the manifest of one with a greater generation
/// @param createdAt when the run had committed its files
record S3Manifest(
        int version,
        UUID exportId,
        UUID runId,
        long generation,
        Instant dataIntervalStart,
        Instant dataIntervalEnd,
        String model,
        String format,
        String compression,
        List<Column> columns,
        List<File> files,
        Totals totals,
        Instant createdAt) {

    record Column(String name, String type) {}

    record File(String key, long rows, long bytes, String checksum) {}

    record Totals(long rows, long bytes, int files) {}

    static final String CONTENT_TYPE = "application/json";
    private static final int VERSION = 1;
    private static final JsonMapper JSON = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .changeDefaultPropertyInclusion(inclusion -> inclusion.withValueInclusion(JsonInclude.Include.ALWAYS))
            .enable(SerializationFeature.INDENT_OUTPUT)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
            .build();

    static S3Manifest of(TransferContext context, Encoding encoding, List<CommittedFile> files, Instant createdAt) {
        RunKey run = context.run();
        return new S3Manifest(
                VERSION,
                run.exportId(),
                run.runId(),
                run.generation(),
                run.interval().start(),
                run.interval().end(),
                context.modelName(),
                encoding.format().word(),
                encoding.compression().word(),
                context.columns().stream().map(S3Manifest::column).toList(),
                files.stream()
                        .map(file -> new File(file.key(), file.rows(), file.bytes(), file.checksum()))
                        .toList(),
                new Totals(
                        files.stream().mapToLong(CommittedFile::rows).sum(),
                        files.stream().mapToLong(CommittedFile::bytes).sum(),
                        files.size()),
                createdAt);
    }

    /// @return empty when the text is not a manifest
    static Optional<S3Manifest> parse(String json) {
        try {
            return Optional.of(JSON.readValue(json, S3Manifest.class));
        } catch (JacksonException e) {
            return Optional.empty();
        }
    }

    String toJson() {
        return JSON.writeValueAsString(this);
    }

    /// Whether both were written by the same run for the same files.
    boolean isSameCommit(S3Manifest other) {
        return runId.equals(other.runId) && files.equals(other.files);
    }

    private static Column column(SourceColumn column) {
        return new Column(column.name(), column.type());
    }
}
