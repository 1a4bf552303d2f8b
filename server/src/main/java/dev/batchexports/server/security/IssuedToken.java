package dev.batchexports.server.security;

/// A token at the only moment when it can be shown.
///
/// @param secret the token itself
public record IssuedToken(AccessToken token, String secret) {
    @Override
    public String toString() {
        return "IssuedToken[" + token.id() + "]";
    }
}
