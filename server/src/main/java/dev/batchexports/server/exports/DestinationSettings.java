package dev.batchexports.server.exports;

import java.util.Map;

/// Where an export writes to.
///
/// @param type the destination type's name: `S3`
/// @param config the parameters without secrets, by their JSON names
/// @param encryptedSecrets a JSON object of the secret parameters, encrypted, in Base64; empty when
///     there are none
public record DestinationSettings(String type, Map<String, Object> config, String encryptedSecrets) {
    @Override
    public String toString() {
        return "DestinationSettings[" + type + "]";
    }
}
