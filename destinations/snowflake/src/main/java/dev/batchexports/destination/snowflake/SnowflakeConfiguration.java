package dev.batchexports.destination.snowflake;

import dev.batchexports.core.destination.InvalidConfigurationException;
import dev.batchexports.core.destination.Parameter;
import dev.batchexports.core.secret.Secret;
import java.net.URI;
import java.net.URISyntaxException;
import java.security.PrivateKey;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Which table of which account an export writes to, and how it gets in.
///
/// Names of objects are taken as they stand, as in double quotes: Snowflake stores a name that was created
/// without quotes in upper case. An optional parameter that is blank counts as left out.
public record SnowflakeConfiguration(
        @Parameter(
                title = "Account",
                description = "The account identifier: organisation and account name with a hyphen between them, or"
                        + " the account locator with its region.",
                example = "myorg-myaccount")
        String account,

        @Parameter(
                title = "User",
                description = "The user to log in as; best one of its own, of type SERVICE.",
                example = "BATCH_EXPORTS")
        String user,

        @Parameter(
                title = "Authentication",
                description = "keypair logs in with a private key, password with a password.",
                allowed = {"keypair", "password"},
                defaultValue = "keypair")
        String authenticationType,

        @Parameter(
                title = "Private key",
                description = "For keypair: the RSA private key in PEM form (PKCS#8), as a whole with its first and"
                        + " last line.")
        @Nullable
        Secret privateKey,

        @Parameter(title = "Private key passphrase", description = "For keypair: what an encrypted key is opened with.")
        @Nullable
        Secret privateKeyPassphrase,

        @Parameter(title = "Password", description = "For password: the user's password.") @Nullable
        Secret password,

        @Parameter(
                title = "Role",
                description = "The role to use. Left out, the user's default role.",
                example = "BATCH_EXPORTS_ROLE")
        @Nullable
        String role,

        @Parameter(title = "Database", description = "The database to write to. It must exist.", example = "ANALYTICS")
        String database,

        @Parameter(
                title = "Warehouse",
                description = "The warehouse that loads the files. It must exist.",
                example = "LOADING")
        String warehouse,

        @Parameter(
                title = "Schema",
                description = "The schema to write to. It must exist.",
                example = "PUBLIC",
                defaultValue = "PUBLIC")
        String schema,

        @Parameter(
                title = "Table",
                description =
                        "The table to write to; it is created if it is missing. {table} stands for the name of the"
                                + " model.",
                example = "events",
                defaultValue = "{table}")
        String tableName,

        @Parameter(
                title = "Endpoint URL",
                description = "The address of the account where it is not the usual one, as with PrivateLink. Left out,"
                        + " https://<account>.snowflakecomputing.com.",
                example = "https://myorg-myaccount.privatelink.snowflakecomputing.com")
        @Nullable
        String endpointUrl) {

    static final String KEY_PAIR = "keypair";
    static final String PASSWORD = "password";

    private static final String MODEL_NAME = "{table}";
    private static final Pattern ACCOUNT = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9_.-]{0,120}[A-Za-z0-9])?");
    private static final Set<String> LOOPBACK = Set.of("127.0.0.1", "localhost", "[::1]");
    private static final int LONGEST_NAME = 255;

    public SnowflakeConfiguration {
        account = account == null ? "" : account.strip();
        user = user == null ? "" : user.strip();
        authenticationType = authenticationType == null || authenticationType.isBlank() ? KEY_PAIR : authenticationType;
        privateKey = absentIfBlank(privateKey);
        privateKeyPassphrase = absentIfBlank(privateKeyPassphrase);
        password = absentIfBlank(password);
        role = absentIfBlank(role);
        database = database == null ? "" : database;
        warehouse = warehouse == null ? "" : warehouse;
        schema = schema == null || schema.isBlank() ? "PUBLIC" : schema;
        tableName = tableName == null || tableName.isBlank() ? MODEL_NAME : tableName;
        endpointUrl = absentIfBlank(endpointUrl);

        InvalidConfigurationException.Collector violations = new InvalidConfigurationException.Collector();
        violations
                .require(!account.isEmpty(), "account", "is required")
                .require(
                        account.isEmpty() || ACCOUNT.matcher(account).matches(),
                        "account",
                        "must be an account identifier such as myorg-myaccount, not a URL")
                .require(!user.isEmpty(), "user", "is required");
        requireName(violations, "database", database);
        requireName(violations, "warehouse", warehouse);
        requireName(violations, "schema", schema);
        if (role != null) {
            requireName(violations, "role", role);
        }
        requireName(violations, "table_name", tableName);
        violations.require(!tableName.equals(Ledger.NAME), "table_name", "must not be " + Ledger.NAME);
        requireCredentials(violations, authenticationType, privateKey, privateKeyPassphrase, password);
        requireEndpoint(violations, endpointUrl);
        violations.orThrow();
    }

    /// The table of a run.
    TableName table(String modelName) {
        return new TableName(database, schema, tableName.replace(MODEL_NAME, modelName));
    }

    boolean usesKeyPair() {
        return authenticationType.equals(KEY_PAIR);
    }

    /// @throws IllegalStateException when the user logs in with a password
    PrivateKey key() {
        if (privateKey == null) {
            throw new IllegalStateException("there is no private key");
        }
        return PrivateKeyPem.read(privateKey, privateKeyPassphrase);
    }

    /// Where the account answers: `https://myorg-myaccount.snowflakecomputing.com`.
    URI endpoint() {
        if (endpointUrl != null) {
            return URI.create(endpointUrl);
        }
        return URI.create("https://" + account.toLowerCase(Locale.ROOT).replace('_', '-') + ".snowflakecomputing.com");
    }

    private static void requireName(InvalidConfigurationException.Collector violations, String field, String name) {
        violations
                .require(!name.isBlank(), field, "is required")
                .require(name.length() <= LONGEST_NAME, field, "must not be longer than " + LONGEST_NAME)
                .require(
                        name.codePoints().noneMatch(Character::isISOControl),
                        field,
                        "must not hold control characters");
    }

    private static void requireCredentials(
            InvalidConfigurationException.Collector violations,
            String type,
            @Nullable Secret privateKey,
            @Nullable Secret passphrase,
            @Nullable Secret password) {
        if (!List.of(KEY_PAIR, PASSWORD).contains(type)) {
            violations.require(false, "authentication_type", "must be keypair or password");
            return;
        }
        if (type.equals(PASSWORD)) {
            violations.require(password != null, "password", "is required when authentication_type is password");
            return;
        }
        if (privateKey == null) {
            violations.require(false, "private_key", "is required when authentication_type is keypair");
            return;
        }
        try {
            PrivateKeyPem.read(privateKey, passphrase);
        } catch (PrivateKeyPem.UnreadableException e) {
            violations.require(false, e.field(), e.sentence());
        }
    }

    private static void requireEndpoint(InvalidConfigurationException.Collector violations, @Nullable String url) {
        if (url == null) {
            return;
        }
        String expected = "must be a https URL such as https://myorg-myaccount.privatelink.snowflakecomputing.com";
        try {
            URI uri = new URI(url);
            String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
            boolean isSafe = scheme.equals("https") || (scheme.equals("http") && LOOPBACK.contains(uri.getHost()));
            violations
                    .require(isSafe && uri.getHost() != null, "endpoint_url", expected)
                    .require(uri.getUserInfo() == null, "endpoint_url", "must not hold a user or password")
                    .require(
                            uri.getQuery() == null
                                    && uri.getFragment() == null
                                    && (uri.getPath() == null || uri.getPath().matches("/?")),
                            "endpoint_url",
                            "must not have a path, a query or a fragment");
        } catch (URISyntaxException e) {
            violations.require(false, "endpoint_url", expected);
        }
    }

    private static @Nullable String absentIfBlank(@Nullable String value) {
        return value == null || value.isBlank() ? null : value;
    }

    private static @Nullable Secret absentIfBlank(@Nullable Secret value) {
        return value == null || value.reveal().isBlank() ? null : value;
    }
}
