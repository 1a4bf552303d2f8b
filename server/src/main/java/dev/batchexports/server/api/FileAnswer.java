package dev.batchexports.server.api;

import dev.batchexports.core.destination.CommittedFile;
import io.swagger.v3.oas.annotations.media.Schema;

/// A file that a run committed, as the API shows it.
@Schema(name = "File")
record FileAnswer(
        String key,
        long rows,
        long bytes,

        @Schema(description = "With the algorithm in front.", example = "crc32c:yZRlqg==")
        String checksum) {
    static FileAnswer of(CommittedFile file) {
        return new FileAnswer(file.key(), file.rows(), file.bytes(), file.checksum());
    }
}
