package dev.batchexports.embedded;

/// Where the components are and how to log in. What belongs to a component that is neither embedded nor given is
/// empty.
///
/// @param temporalAddress host and port of Temporal's gRPC front end
/// @param temporalUiUrl Temporal's web UI
/// @param clickhouseUrl the ClickHouse HTTP interface
/// @param s3Endpoint the S3 endpoint, to be used with path-style addressing
/// @param databaseUrl the JDBC URL of the PostgreSQL database
public record Connections(
        String temporalAddress,
        String temporalUiUrl,
        String clickhouseUrl,
        String clickhouseUser,
        String clickhousePassword,
        String clickhouseDatabase,
        String s3Endpoint,
        String s3Region,
        String s3AccessKeyId,
        String s3SecretAccessKey,
        String s3Bucket,
        String databaseUrl,
        String databaseUser,
        String databasePassword) {

    /// Knows no component yet.
    public static Connections none() {
        return new Connections("", "", "", "", "", "", "", "", "", "", "", "", "", "");
    }

    public Connections withTemporal(String address, String uiUrl) {
        return new Connections(
                address,
                uiUrl,
                clickhouseUrl,
                clickhouseUser,
                clickhousePassword,
                clickhouseDatabase,
                s3Endpoint,
                s3Region,
                s3AccessKeyId,
                s3SecretAccessKey,
                s3Bucket,
                databaseUrl,
                databaseUser,
                databasePassword);
    }

    public Connections withClickhouse(String url, String user, String password, String database) {
        return new Connections(
                temporalAddress,
                temporalUiUrl,
                url,
                user,
                password,
                database,
                s3Endpoint,
                s3Region,
                s3AccessKeyId,
                s3SecretAccessKey,
                s3Bucket,
                databaseUrl,
                databaseUser,
                databasePassword);
    }

    public Connections withS3(
            String endpoint, String region, String accessKeyId, String secretAccessKey, String bucket) {
        return new Connections(
                temporalAddress,
                temporalUiUrl,
                clickhouseUrl,
                clickhouseUser,
                clickhousePassword,
                clickhouseDatabase,
                endpoint,
                region,
                accessKeyId,
                secretAccessKey,
                bucket,
                databaseUrl,
                databaseUser,
                databasePassword);
    }

    public Connections withDatabase(String url, String user, String password) {
        return new Connections(
                temporalAddress,
                temporalUiUrl,
                clickhouseUrl,
                clickhouseUser,
                clickhousePassword,
                clickhouseDatabase,
                s3Endpoint,
                s3Region,
                s3AccessKeyId,
                s3SecretAccessKey,
                s3Bucket,
                url,
                user,
                password);
    }

    /// Holds no password and no key, so that it may be logged.
    @Override
    public String toString() {
        return "Connections[temporal=%s, temporalUi=%s, clickhouse=%s, s3=%s, database=%s]"
                .formatted(temporalAddress, temporalUiUrl, clickhouseUrl, s3Endpoint, databaseUrl);
    }
}
