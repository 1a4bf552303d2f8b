package dev.batchexports.core.destination;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/// A configuration that cannot work, with every field that is wrong.
public final class InvalidConfigurationException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient List<Violation> violations;

    /// @param field the JSON name of the parameter: `bucket_name`
    /// @param message what is wrong and what is expected, without the value if it is a secret
    public record Violation(String field, String message) {}

    public InvalidConfigurationException(List<Violation> violations) {
        super(violations.stream()
                .map(violation -> violation.field() + ": " + violation.message())
                .collect(Collectors.joining("; ")));
        this.violations = List.copyOf(violations);
    }

    public List<Violation> violations() {
        return violations;
    }

    /// Collects violations, so that a user sees all of them at once.
    public static final class Collector {
        private final List<Violation> violations = new ArrayList<>();

        public Collector require(boolean condition, String field, String message) {
            if (!condition) {
                violations.add(new Violation(field, message));
            }
            return this;
        }

        /// @throws InvalidConfigurationException if anything was wrong
        public void orThrow() {
            if (!violations.isEmpty()) {
                throw new InvalidConfigurationException(violations);
            }
        }
    }
}
