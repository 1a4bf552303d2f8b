package dev.batchexports.server.security;

import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A token as a request holds it: nothing is validated yet but the types of its fields.
@Schema(name = "TokenRequest", description = "A token to issue.")
public record TokenForm(
        @Schema(
                description = "How people call it.",
                maxLength = TokenForm.NAME_LENGTH,
                requiredMode = Schema.RequiredMode.REQUIRED)
        @Nullable
        String name,

        @Schema(
                description =
                        "What it allows: batch_export:read, batch_export:write (which allows reading too), admin.",
                requiredMode = Schema.RequiredMode.REQUIRED)
        @Nullable
        List<String> scopes,

        @Schema(description = "The only project that it is for; every project by default.", minimum = "1") @Nullable
        Long projectId,

        @Schema(description = "When it stops to work; never by default.") @Nullable
        Instant expiresAt) {

    static final int NAME_LENGTH = 255;
}
