package dev.batchexports.server.api;

import io.swagger.v3.oas.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/// What a browser signs in with: one of the two.
@Schema(name = "SignInRequest", description = "Either a token or the code of a one-time link.")
record SignInForm(
        @Nullable String token,

        @Schema(description = "Of a link that `bx dev` or `bx demo` has printed; good once.") @Nullable
        String code) {
    @Override
    public String toString() {
        return "SignInForm[***]";
    }
}
