package dev.batchexports.server.security;

import static dev.batchexports.server.store.Columns.timestamp;

import java.time.Instant;
import java.util.Optional;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

/// The sessions of browsers, by the hash of what their cookie holds.
@Repository
class SessionStore {
    private final JdbcClient jdbc;

    SessionStore(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /// Opens a session with a token, and forgets those that have expired.
    void insert(byte[] hash, AccessToken token, Instant now, Instant expiresAt) {
        jdbc.sql("delete from sessions where expires_at < :now")
                .param("now", timestamp(now))
                .update();
        jdbc.sql("""
                        insert into sessions (hash, token_id, created_at, expires_at)
                        values (:hash, :token, :now, :expires_at)
                        """)
                .param("hash", hash)
                .param("token", token.id())
                .param("now", timestamp(now))
                .param("expires_at", timestamp(expiresAt))
                .update();
    }

    /// The token that a session was opened with.
    Optional<AccessToken> token(byte[] hash, Instant now) {
        return jdbc.sql("""
                        select api_tokens.* from sessions join api_tokens on api_tokens.id = sessions.token_id
                        where sessions.hash = :hash and sessions.expires_at > :now
                        """)
                .param("hash", hash)
                .param("now", timestamp(now))
                .query(TokenStore::read)
                .optional();
    }

    void delete(byte[] hash) {
        jdbc.sql("delete from sessions where hash = :hash").param("hash", hash).update();
    }
}
