package dev.batchexports.server.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.batchexports.server.request.Violation;
import io.swagger.v3.oas.annotations.media.Schema;
import java.util.List;
import java.util.Locale;
import org.springframework.http.HttpStatus;

/// Why a request failed, as RFC 9457 has it. It never holds a secret, nor anything of the inside of the
/// server.
///
/// @param code stable and searchable: `invalid_request`
/// @param errors field by field, for a request that cannot be carried out as it stands
@Schema(name = "Problem", description = "Why a request failed (RFC 9457).")
record Problem(
        @Schema(example = "urn:batch-exports:problem:invalid_request")
        String type,

        @Schema(example = "Bad Request") String title,
        @Schema(example = "400") int status,

        @Schema(description = "What is wrong and, where that is known, what to change.")
        String detail,

        @Schema(description = "Stable and searchable.", example = "invalid_request")
        String code,

        @JsonInclude(JsonInclude.Include.NON_EMPTY)
        @Schema(description = "Each field that is wrong, by its JSON pointer.")
        List<Violation> errors) {

    static final String MEDIA_TYPE = "application/problem+json";

    static Problem of(HttpStatus status, String code, String detail) {
        return of(status, code, detail, List.of());
    }

    static Problem of(HttpStatus status, String code, String detail, List<Violation> errors) {
        return new Problem(
                "urn:batch-exports:problem:" + code.toLowerCase(Locale.ROOT),
                status.getReasonPhrase(),
                status.value(),
                detail,
                code,
                errors);
    }
}
