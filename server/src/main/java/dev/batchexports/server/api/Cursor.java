package dev.batchexports.server.api;

import dev.batchexports.server.backfills.BackfillCursor;
import dev.batchexports.server.exports.ExportCursor;
import dev.batchexports.server.notify.WebhookCursor;
import dev.batchexports.server.request.InvalidRequestException;
import dev.batchexports.server.runs.RunCursor;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Where a page ended, in the opaque form that a URL carries: the sort key of its last item, so that pages
/// stay stable while items come and go.
record Cursor(List<String> key) {
    private static final String SEPARATOR = "|";

    static Cursor of(Object... key) {
        return new Cursor(List.of(key).stream().map(Object::toString).toList());
    }

    static @Nullable ExportCursor export(@Nullable String encoded) {
        return decode(encoded, 2, key -> new ExportCursor(Instant.parse(key.get(0)), UUID.fromString(key.get(1))));
    }

    static @Nullable BackfillCursor backfill(@Nullable String encoded) {
        return decode(encoded, 2, key -> new BackfillCursor(Instant.parse(key.get(0)), UUID.fromString(key.get(1))));
    }

    static @Nullable WebhookCursor webhook(@Nullable String encoded) {
        return decode(encoded, 2, key -> new WebhookCursor(Instant.parse(key.get(0)), UUID.fromString(key.get(1))));
    }

    static @Nullable RunCursor run(@Nullable String encoded) {
        return decode(encoded, 2, key -> new RunCursor(Instant.parse(key.get(0)), Long.parseLong(key.get(1))));
    }

    static @Nullable Long log(@Nullable String encoded) {
        return decode(encoded, 1, key -> Long.parseLong(key.get(0)));
    }

    String encoded() {
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(String.join(SEPARATOR, key).getBytes(StandardCharsets.UTF_8));
    }

    private static <T> @Nullable T decode(
            @Nullable String encoded, int parts, Function<List<String>, @Nullable T> parse) {
        if (encoded == null) {
            return null;
        }
        try {
            String text = new String(Base64.getUrlDecoder().decode(encoded), StandardCharsets.UTF_8);
            List<String> key = List.of(text.split("\\|", -1));
            if (key.size() == parts) {
                return parse.apply(key);
            }
        } catch (IllegalArgumentException | DateTimeException e) {
            // Reported below.
        }
        throw new InvalidRequestException("/cursor", "is not the cursor of a page of this list");
    }
}
