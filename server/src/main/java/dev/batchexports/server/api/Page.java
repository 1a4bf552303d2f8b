package dev.batchexports.server.api;

import dev.batchexports.server.request.InvalidRequestException;
import io.swagger.v3.oas.annotations.media.Schema;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.web.servlet.support.ServletUriComponentsBuilder;

/// A page of a list.
///
/// @param next the URL of the next page; null on the last one
record Page<T>(
        List<T> results,

        @Schema(description = "The URL of the next page; null on the last one.", format = "uri") @Nullable
        String next) {

    static final int DEFAULT_LIMIT = 100;
    static final int MAXIMUM_LIMIT = 1_000;

    Page {
        results = List.copyOf(results);
    }

    /// Makes a page of what was found with a limit of one more than the page holds, within the request that
    /// asks for it.
    ///
    /// @param cursor where a page ended that ends with this item
    static <S, T> Page<T> of(List<S> found, int limit, Function<S, Cursor> cursor, Function<S, T> answer) {
        List<S> page = found.size() > limit ? found.subList(0, limit) : found;
        String next = found.size() > limit
                ? ServletUriComponentsBuilder.fromCurrentRequest()
                        .replaceQueryParam(
                                "cursor", cursor.apply(page.getLast()).encoded())
                        .build()
                        .toUriString()
                : null;
        return new Page<>(page.stream().map(answer).toList(), next);
    }

    /// @throws dev.batchexports.server.request.InvalidRequestException unless it is 1 to 1000, or null
    static int limit(@Nullable Integer given) {
        int limit = given == null ? DEFAULT_LIMIT : given;
        if (limit < 1 || limit > MAXIMUM_LIMIT) {
            throw new InvalidRequestException("/limit", "must be 1 to " + MAXIMUM_LIMIT);
        }
        return limit;
    }
}
