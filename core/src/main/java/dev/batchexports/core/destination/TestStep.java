package dev.batchexports.core.destination;

/// One step of a connection test.
///
/// @param name short and stable: `write`
/// @param description what the step tries, in a sentence
/// @param message what went wrong; empty otherwise
/// @param fix what to grant or change; empty when there is nothing
public record TestStep(String name, String description, Status status, String message, String fix) {
    public enum Status {
        PASSED("Passed"),
        FAILED("Failed"),
        SKIPPED("Skipped");

        private final String word;

        Status(String word) {
            this.word = word;
        }

        public String word() {
            return word;
        }
    }

    public static TestStep passed(String name, String description) {
        return new TestStep(name, description, Status.PASSED, "", "");
    }

    public static TestStep failed(String name, String description, String message, String fix) {
        return new TestStep(name, description, Status.FAILED, message, fix);
    }

    public static TestStep skipped(String name, String description) {
        return new TestStep(name, description, Status.SKIPPED, "", "");
    }
}
