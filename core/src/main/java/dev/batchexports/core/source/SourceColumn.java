package dev.batchexports.core.source;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A column as it is written.
///
/// @param name its name at the destination
/// @param type its ClickHouse type, for example `DateTime64(6, 'UTC')`
/// @param content what its values hold
public record SourceColumn(String name, String type, Content content) {
    /// What the values of a column hold.
    public enum Content {
        /// What the type says.
        PLAIN,
        /// Texts that are JSON documents: for JSONB, VARIANT and the like. Not every text is a valid one.
        JSON
    }

    /// Plans that were stored before there was a content have none.
    public SourceColumn(String name, String type, @Nullable Content content) {
        this.name = name;
        this.type = type;
        this.content = Objects.requireNonNullElse(content, Content.PLAIN);
    }

    public SourceColumn(String name, String type) {
        this(name, type, Content.PLAIN);
    }
}
