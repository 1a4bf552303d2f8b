package dev.batchexports.server.exports;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// A version of an export's configuration.
///
/// @param author the name of the token that made it
/// @param configuration as a request would hold it, without secrets
/// @param changes what differs from the version before; empty for the first one
public record Revision(long version, Instant createdAt, String author, JsonNode configuration, List<Change> changes) {
    /// A field that a version has changed.
    ///
    /// @param pointer JSON pointer of the field
    /// @param from its value before; null for none, and for a secret
    /// @param to its value since then; null for none, and for a secret
    public record Change(
            String pointer,
            @Nullable JsonNode from,
            @Nullable JsonNode to) {}

    /// What differs between two configurations, field by field.
    static List<Change> differences(JsonNode before, JsonNode after, List<String> secretsChanged) {
        List<Change> changes = new ArrayList<>();
        compare("", before, after, changes);
        secretsChanged.forEach(secret -> changes.add(new Change(secret, null, null)));
        return changes;
    }

    private static void compare(
            String pointer, @Nullable JsonNode before, @Nullable JsonNode after, List<Change> into) {
        if (before instanceof ObjectNode from && after instanceof ObjectNode to) {
            TreeSet<String> names = new TreeSet<>(from.propertyNames());
            names.addAll(to.propertyNames());
            names.forEach(name -> compare(
                    pointer + "/" + name.replace("~", "~0").replace("/", "~1"), from.get(name), to.get(name), into));
        } else if (before == null ? after != null : !before.equals(after)) {
            into.add(new Change(pointer, before, after));
        }
    }
}
