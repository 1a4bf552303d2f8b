package dev.batchexports.cli;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/// The word that somebody probably meant.
final class Nearest {
    private Nearest() {}

    /// The nearest of some words, if any is near enough to be meant.
    static Optional<String> to(String given, Collection<String> known) {
        String wanted = given.toLowerCase(Locale.ROOT);
        return known.stream()
                .filter(word -> isNear(wanted, word.toLowerCase(Locale.ROOT)))
                .min(Comparator.comparingInt(word -> distance(wanted, word.toLowerCase(Locale.ROOT))));
    }

    private static boolean isNear(String wanted, String word) {
        return distance(wanted, word) <= Math.max(1, Math.max(wanted.length(), word.length()) / 3)
                || (wanted.length() >= 3 && (word.contains(wanted) || wanted.contains(word)));
    }

    /// Levenshtein's: how many characters to add, remove or replace.
    private static int distance(String from, String to) {
        int[] previous = new int[to.length() + 1];
        for (int column = 0; column <= to.length(); column++) {
            previous[column] = column;
        }
        for (int row = 1; row <= from.length(); row++) {
            int[] current = new int[to.length() + 1];
            current[0] = row;
            for (int column = 1; column <= to.length(); column++) {
                int replaced = previous[column - 1] + (from.charAt(row - 1) == to.charAt(column - 1) ? 0 : 1);
                current[column] = Math.min(replaced, Math.min(previous[column], current[column - 1]) + 1);
            }
            previous = current;
        }
        return previous[to.length()];
    }
}
