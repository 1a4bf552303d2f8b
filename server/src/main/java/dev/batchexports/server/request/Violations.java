package dev.batchexports.server.request;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Collects what is wrong with a request, so that a user sees all of it at once. Of each field only the
/// first violation counts, and none of a field whose parent is wrong.
public final class Violations {
    private final Map<String, String> messages = new LinkedHashMap<>();

    /// The pointer to a field of an object, or to an element of an array.
    public static String pointer(String parent, String name) {
        return parent + "/" + name.replace("~", "~0").replace("/", "~1");
    }

    public void add(String pointer, String message) {
        if (!isFlagged(pointer)) {
            messages.put(pointer, message);
        }
    }

    public void require(boolean condition, String pointer, String message) {
        if (!condition) {
            add(pointer, message);
        }
    }

    /// Whether the field, or an object that holds it, is known to be wrong.
    public boolean isFlagged(String pointer) {
        String path = pointer;
        while (!path.isEmpty()) {
            if (messages.containsKey(path)) {
                return true;
            }
            path = path.substring(0, path.lastIndexOf('/'));
        }
        return messages.containsKey("");
    }

    /// Whether the field, or anything that it holds, is known to be wrong.
    public boolean isFlaggedWithin(String pointer) {
        return isFlagged(pointer) || messages.keySet().stream().anyMatch(flagged -> flagged.startsWith(pointer + "/"));
    }

    /// @throws InvalidRequestException if anything is wrong
    public void orThrow() {
        if (!messages.isEmpty()) {
            throw new InvalidRequestException(list());
        }
    }

    private List<Violation> list() {
        return messages.entrySet().stream()
                .map(entry -> new Violation(entry.getKey(), entry.getValue()))
                .toList();
    }
}
