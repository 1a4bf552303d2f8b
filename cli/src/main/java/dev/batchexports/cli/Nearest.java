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

    /// How many characters to add, remove, replace or swap with their neighbour.
    private static int distance(String from, String to) {
        int[][] distances = new int[from.length() + 1][to.length() + 1];
        for (int row = 0; row <= from.length(); row++) {
            for (int column = 0; column <= to.length(); column++) {
                distances[row][column] =
                        row == 0 || column == 0 ? row + column : least(distances, from, to, row, column);
            }
        }
        return distances[from.length()][to.length()];
    }

    private static int least(int[][] distances, String from, String to, int row, int column) {
        char last = from.charAt(row - 1);
        int least = distances[row - 1][column - 1] + (last == to.charAt(column - 1) ? 0 : 1);
        least = Math.min(least, Math.min(distances[row - 1][column], distances[row][column - 1]) + 1);
        boolean swapped =
                row > 1 && column > 1 && last == to.charAt(column - 2) && from.charAt(row - 2) == to.charAt(column - 1);
        return swapped ? Math.min(least, distances[row - 2][column - 2] + 1) : least;
    }
}
