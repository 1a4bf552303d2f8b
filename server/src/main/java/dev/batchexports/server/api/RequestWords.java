package dev.batchexports.server.api;

import dev.batchexports.server.request.InvalidRequestException;
import dev.batchexports.server.request.RequestText;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Words in query parameters.
final class RequestWords {
    private static final int SEARCH_LENGTH = 1_000;

    private RequestWords() {}

    /// The values that some words stand for, in any case.
    ///
    /// @param words null or empty for none
    /// @throws InvalidRequestException naming the words that are known
    static <T> List<T> all(@Nullable List<String> words, String parameter, T[] known, Function<T, String> word) {
        if (words == null) {
            return List.of();
        }
        return words.stream()
                .filter(given -> !given.isBlank())
                .map(given -> find(given.strip(), parameter, known, word))
                .distinct()
                .toList();
    }

    /// The value that a word stands for, in any case; null for no word.
    static <T> @Nullable T one(@Nullable String given, String parameter, T[] known, Function<T, String> word) {
        return given == null || given.isBlank() ? null : find(given.strip(), parameter, known, word);
    }

    /// What is searched for; null for nothing.
    static @Nullable String search(@Nullable String given) {
        if (given == null || given.isEmpty()) {
            return null;
        }
        if (!RequestText.isStorable(given)) {
            throw new InvalidRequestException("/search", RequestText.EXPECTED);
        }
        if (given.length() > SEARCH_LENGTH) {
            throw new InvalidRequestException("/search", "must not be longer than " + SEARCH_LENGTH + " characters");
        }
        return given;
    }

    private static <T> T find(String given, String parameter, T[] known, Function<T, String> word) {
        Optional<T> found = Stream.of(known)
                .filter(value -> word.apply(value).equalsIgnoreCase(given))
                .findFirst();
        return found.orElseThrow(() -> new InvalidRequestException(
                "/" + parameter, "must be one of " + Stream.of(known).map(word).collect(Collectors.joining(", "))));
    }
}
