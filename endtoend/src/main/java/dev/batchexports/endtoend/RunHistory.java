package dev.batchexports.endtoend;

import dev.batchexports.core.interval.Interval;
import dev.batchexports.embedded.Connections;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import tools.jackson.databind.JsonNode;

/// The runs and backfills of exports, as they stand in the metadata: all of them, which the API pages.
final class RunHistory {
    private final Connections connections;

    RunHistory(Connections connections) {
        this.connections = connections;
    }

    /// @param error of the last attempt that failed; empty for none
    record Entry(UUID id, String export, Interval interval, String status, String trigger, int attempt, String error) {
        boolean isFinished() {
            return !status.equals("Starting") && !status.equals("Running");
        }

        boolean isFailure() {
            return isFinished() && !status.equals("Completed") && !status.equals("Cancelled");
        }

        /// Whether it failed with one of these codes, and says what happened and what to change.
        boolean saysToMend(Set<String> codes) {
            if (!status.equals("Failed") || error.isEmpty()) {
                return false;
            }
            JsonNode said = Api.JSON.readTree(error);
            return codes.contains(said.path("code").asString(""))
                    && !said.path("message").asString("").isBlank()
                    && !said.path("fix").asString("").isBlank();
        }

        @Override
        public String toString() {
            return "%s run %s of %s is %s at attempt %d %s"
                    .formatted(trigger, id, interval, status, attempt, error)
                    .strip();
        }
    }

    /// The runs of an export, oldest first.
    List<Entry> runs(String export) {
        return query(
                """
                select id, batch_export_id, data_interval_start, data_interval_end, status, trigger, attempt,
                       coalesce(latest_error::text, '')
                from runs where batch_export_id = ?::uuid order by generation
                """,
                export,
                found -> new Entry(
                        found.getObject(1, UUID.class),
                        found.getString(2),
                        new Interval(
                                found.getObject(3, OffsetDateTime.class).toInstant(),
                                found.getObject(4, OffsetDateTime.class).toInstant()),
                        found.getString(5),
                        found.getString(6),
                        found.getInt(7),
                        found.getString(8)));
    }

    /// The ids of the backfills that have not ended.
    List<String> openBackfills(String export) {
        return query(
                "select id from backfills where batch_export_id = ?::uuid and finished_at is null",
                export,
                found -> found.getString(1));
    }

    private interface Reader<T> {
        T read(ResultSet row) throws SQLException;
    }

    private <T> List<T> query(String sql, String export, Reader<T> reader) {
        try (Connection database = DriverManager.getConnection(
                        connections.databaseUrl(), connections.databaseUser(), connections.databasePassword());
                PreparedStatement statement = database.prepareStatement(sql)) {
            statement.setString(1, export);
            try (ResultSet rows = statement.executeQuery()) {
                List<T> found = new ArrayList<>();
                while (rows.next()) {
                    found.add(reader.read(rows));
                }
                return found;
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
