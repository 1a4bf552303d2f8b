package dev.batchexports.destination.postgres;

import dev.batchexports.core.destination.InvalidConfigurationException;
import dev.batchexports.core.destination.Parameter;
import dev.batchexports.core.secret.Secret;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Where an export to PostgreSQL goes and how it gets in.
///
/// An optional parameter that is blank counts as left out.
public record PostgresConfiguration(
        @Parameter(title = "Host", description = "The name or address of the server.", example = "db.example.com")
        String host,

        @Parameter(title = "Port", description = "The port of the server.", example = "5432", defaultValue = "5432")
        @Nullable
        Integer port,

        @Parameter(title = "User", description = "The role to log in as.", example = "batch_exports")
        String user,

        @Parameter(title = "Password", description = "The password of the user.")
        Secret password,

        @Parameter(title = "Database", description = "The database to write to. It must exist.", example = "analytics")
        String database,

        @Parameter(
                title = "Schema",
                description = "The schema of the table. It must exist; staging tables and the ledger stand in it too.",
                example = "public",
                defaultValue = "public")
        String schema,

        @Parameter(
                title = "Table",
                description = "The table to write to, created when it is missing. {table} stands for the model's name.",
                example = "events",
                defaultValue = "{table}")
        String tableName,

        @Parameter(
                title = "TLS mode",
                description = "As in libpq: disable; require encrypts; verify-ca also checks the certificate, and"
                        + " verify-full its host name too.",
                allowed = {"disable", "require", "verify-ca", "verify-full"},
                defaultValue = "require")
        String sslmode,

        @Parameter(
                title = "CA certificate",
                description = "One or more certificates in PEM form that the server's certificate must descend from."
                        + " Left out, verify-ca and verify-full trust what Java trusts.",
                example = "-----BEGIN CERTIFICATE----- ...")
        @Nullable
        String sslRootCertificate) {

    static final int USUAL_PORT = 5432;

    private static final String MODEL_NAME = "{table}";
    private static final Pattern HOST = Pattern.compile(
            "[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9._])?|\\[?[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*]?");
    private static final int HIGHEST_PORT = 65_535;

    public PostgresConfiguration {
        host = host == null ? "" : host.strip();
        user = user == null ? "" : user;
        password = password == null ? new Secret("") : password;
        database = database == null ? "" : database;
        schema = schema == null || schema.isBlank() ? "public" : schema;
        tableName = tableName == null || tableName.isBlank() ? MODEL_NAME : tableName;
        sslmode = sslmode == null || sslmode.isBlank() ? TlsMode.REQUIRE.word() : sslmode;
        sslRootCertificate = sslRootCertificate == null || sslRootCertificate.isBlank() ? null : sslRootCertificate;

        InvalidConfigurationException.Collector violations = new InvalidConfigurationException.Collector();
        violations
                .require(!host.isEmpty(), "host", "is required")
                .require(
                        host.isEmpty() || HOST.matcher(host).matches(),
                        "host",
                        "must be one host name or address, without a port")
                .require(
                        port == null || (port >= 1 && port <= HIGHEST_PORT),
                        "port",
                        "must be from 1 to " + HIGHEST_PORT)
                .require(!password.reveal().isEmpty(), "password", "is required");
        requireName(violations, "user", user);
        requireName(violations, "database", database);
        requireName(violations, "schema", schema);
        requireName(violations, "table_name", tableName);
        violations
                .require(!Staging.isReserved(tableName), "table_name", "must not begin with " + Staging.RESERVED)
                .require(
                        TlsMode.find(sslmode).isPresent(),
                        "sslmode",
                        "must be disable, require, verify-ca or verify-full")
                .require(
                        sslRootCertificate == null || CertificateAuthorities.isReadable(sslRootCertificate),
                        "ssl_root_certificate",
                        "must hold one or more certificates in PEM form, -----BEGIN CERTIFICATE----- and so on")
                .require(
                        sslRootCertificate == null || !sslmode.equals(TlsMode.DISABLE.word()),
                        "ssl_root_certificate",
                        "is not used with the sslmode disable; remove it or change sslmode");
        violations.orThrow();
    }

    private static void requireName(InvalidConfigurationException.Collector violations, String parameter, String name) {
        if (name.isBlank()) {
            violations.require(false, parameter, "is required");
        } else {
            violations
                    .require(
                            name.chars().noneMatch(Character::isISOControl),
                            parameter,
                            "must not hold control characters")
                    .require(
                            Identifier.fits(name),
                            parameter,
                            "must not be longer than " + Identifier.MAX_BYTES + " bytes");
        }
    }

    int portOrUsual() {
        return port == null ? USUAL_PORT : port;
    }

    /// As messages name the server: `db.example.com:5432`.
    String address() {
        return host + ":" + portOrUsual();
    }

    TlsMode tlsMode() {
        return TlsMode.find(sslmode).orElseThrow();
    }

    /// The name of the table for a model, not quoted.
    String tableFor(String modelName) {
        return tableName.replace(MODEL_NAME, modelName);
    }
}
