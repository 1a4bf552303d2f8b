package dev.batchexports.embedded;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/// The file `connection.json`: addresses and credentials of everything that was started, for programs outside.
///
/// @param apiUrl of the server, without a path
/// @param apiToken an admin token
public record ConnectionFile(String apiUrl, String apiToken, Connections connections) {

    /// Writes the file whole or not at all, readable by its owner only.
    public void write(Path file) {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("api_url", apiUrl);
        fields.put("api_token", apiToken);
        fields.put("temporal_address", connections.temporalAddress());
        fields.put("temporal_ui_url", connections.temporalUiUrl());
        fields.put("clickhouse_url", connections.clickhouseUrl());
        fields.put("clickhouse_user", connections.clickhouseUser());
        fields.put("clickhouse_password", connections.clickhousePassword());
        fields.put("clickhouse_database", connections.clickhouseDatabase());
        fields.put("s3_endpoint", connections.s3Endpoint());
        fields.put("s3_region", connections.s3Region());
        fields.put("s3_access_key_id", connections.s3AccessKeyId());
        fields.put("s3_secret_access_key", connections.s3SecretAccessKey());
        fields.put("s3_bucket", connections.s3Bucket());
        fields.put("database_url", connections.databaseUrl());
        fields.put("database_user", connections.databaseUser());
        fields.put("database_password", connections.databasePassword());
        PrivateFile.write(
                file,
                fields.entrySet().stream()
                        .map(field -> "  " + Json.text(field.getKey()) + ": " + Json.text(field.getValue()))
                        .collect(Collectors.joining(",\n", "{\n", "\n}\n")));
    }

    /// Holds no token and no password.
    @Override
    public String toString() {
        return "ConnectionFile[" + apiUrl + "]";
    }
}
