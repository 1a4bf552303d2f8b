package dev.batchexports.server.security;

import static dev.batchexports.server.store.Columns.array;
import static dev.batchexports.server.store.Columns.instant;
import static dev.batchexports.server.store.Columns.instantOrNull;
import static dev.batchexports.server.store.Columns.longOrNull;
import static dev.batchexports.server.store.Columns.strings;
import static dev.batchexports.server.store.Columns.timestamp;
import static dev.batchexports.server.store.Columns.timestampOrNull;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

/// Tokens in the metadata database, by their hash.
@Repository
class TokenStore {
    private final JdbcClient jdbc;

    TokenStore(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /// Stores a token, unless one with this hash is there.
    void insert(AccessToken token, byte[] hash) {
        jdbc.sql("""
                        insert into api_tokens (id, name, project_id, scopes, hash, created_at, expires_at)
                        values (:id, :name, :project, :scopes, :hash, :now, :expires_at)
                        on conflict (hash) do nothing
                        """)
                .param("id", token.id())
                .param("name", token.name())
                .param("project", token.projectId())
                .param(
                        "scopes",
                        array(token.scopes().stream().map(Scope::word).sorted().toList()))
                .param("hash", hash)
                .param("now", timestamp(token.createdAt()))
                .param("expires_at", timestampOrNull(token.expiresAt()))
                .update();
    }

    /// The token with a hash. An attacker cannot choose the hash of a guess bit by bit, so the time that
    /// the index takes tells nothing.
    Optional<AccessToken> find(byte[] hash) {
        return jdbc.sql("select * from api_tokens where hash = :hash")
                .param("hash", hash)
                .query(TokenStore::read)
                .optional();
    }

    Optional<AccessToken> find(UUID id) {
        return jdbc.sql("select * from api_tokens where id = :id")
                .param("id", id)
                .query(TokenStore::read)
                .optional();
    }

    /// All tokens, newest first.
    ///
    /// @param projectId of the only project whose tokens are wanted; null for all tokens
    List<AccessToken> list(@Nullable Long projectId) {
        return jdbc.sql("""
                        select * from api_tokens
                        where :project::bigint is null or project_id = :project::bigint
                        order by created_at desc, id desc
                        """).param("project", projectId).query(TokenStore::read).list();
    }

    /// Whether there is a token that is good at a time.
    boolean holdsOneValidAt(Instant time) {
        return jdbc.sql("select exists (select 1 from api_tokens where expires_at is null or expires_at > :time)")
                .param("time", timestamp(time))
                .query(Boolean.class)
                .single();
    }

    void delete(UUID id) {
        jdbc.sql("delete from api_tokens where id = :id").param("id", id).update();
    }

    void used(UUID id, Instant now) {
        jdbc.sql("update api_tokens set last_used_at = :now where id = :id")
                .param("id", id)
                .param("now", timestamp(now))
                .update();
    }

    static AccessToken read(ResultSet row, int number) throws SQLException {
        return new AccessToken(
                Objects.requireNonNull(row.getObject("id", UUID.class)),
                row.getString("name"),
                longOrNull(row, "project_id"),
                strings(row, "scopes").stream()
                        .flatMap(word -> Scope.of(word).stream())
                        .collect(Collectors.toUnmodifiableSet()),
                instant(row, "created_at"),
                instantOrNull(row, "expires_at"),
                instantOrNull(row, "last_used_at"));
    }
}
