package dev.batchexports.server.security;

import java.util.List;
import java.util.UUID;

/// The encrypted secrets that a feature keeps in the database, so that [KeyRotation] can bring them to another
/// key.
public interface SealedSecrets {
    /// @param id of what the secret belongs to
    /// @param text the cipher text, in Base64
    record Sealed(UUID id, String text) {}

    /// What they belong to, in the plural.
    String owners();

    /// Those whose cipher text does not begin with these bytes; it takes no longer the more others there are.
    List<Sealed> notBeginningWith(byte[] prefix);

    /// What the cipher text of an owner is bound to.
    byte[] context(UUID id);

    /// Puts another cipher text of the same secret in the place of one, unless that has been changed meanwhile.
    ///
    /// @return whether it was replaced
    boolean replace(Sealed former, String text);
}
