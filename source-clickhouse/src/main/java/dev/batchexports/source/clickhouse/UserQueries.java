package dev.batchexports.source.clickhouse;

import dev.batchexports.core.secret.Secret;
import java.util.regex.Pattern;

/// As whom and how the queries that users write as models run.
///
/// What such a query may see is decided by the grants and row policies of this ClickHouse user: they are the
/// only sound boundary. [QueryGuard] is a second one before it.
///
/// @param user empty for the user of the source
/// @param projectSetting a custom setting that carries the project's id, for row policies to compare with
///     (`getSetting('SQL_project_id')`); empty for none
public record UserQueries(String user, Secret password, String projectSetting) {
    private static final Pattern SETTING = Pattern.compile("\\w*");

    public UserQueries {
        if (!SETTING.matcher(projectSetting).matches()) {
            throw new IllegalArgumentException("the project's setting must be the name of a ClickHouse setting");
        }
        if (user.isEmpty() && !password.reveal().isEmpty()) {
            throw new IllegalArgumentException("a password for queries needs a user for queries");
        }
    }

    /// They run as the user of the source.
    public static UserQueries likeAll() {
        return new UserQueries("", new Secret(""), "");
    }

    boolean hasUser() {
        return !user.isEmpty();
    }
}
