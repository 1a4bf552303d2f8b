package dev.batchexports.cli;

import java.util.List;

/// A command that could not do what it was asked to, told as a person reads it.
final class CommandFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient List<String> details;

    /// @param sentence what is wrong and, where that is known, what to change
    /// @param details further lines, such as the fields that are wrong
    CommandFailure(String sentence, List<String> details) {
        super(sentence);
        this.details = List.copyOf(details);
    }

    CommandFailure(String sentence) {
        this(sentence, List.of());
    }

    String text() {
        StringBuilder text = new StringBuilder("bx: ").append(getMessage());
        details.forEach(line -> text.append(System.lineSeparator()).append("  ").append(line));
        return text.toString();
    }
}
