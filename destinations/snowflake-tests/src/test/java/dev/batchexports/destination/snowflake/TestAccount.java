package dev.batchexports.destination.snowflake;

import dev.batchexports.core.destination.Destination;
import dev.batchexports.core.destination.DestinationLimits;
import dev.batchexports.core.destination.TransferContext;
import dev.batchexports.core.secret.Secret;
import dev.batchexports.testkit.FaultyProxy;
import dev.batchexports.testkit.SnowflakeStandIn;
import java.net.InetSocketAddress;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.deser.std.StdDeserializer;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;

/// The stand-in for Snowflake, started once for all tests, with a user who may do everything and a session to look
/// into it.
final class TestAccount implements AutoCloseable {
    static final String USER = "EXPORTER";
    static final String PASSWORD = "canary-password-8c41";
    static final String WRONG_PASSWORD = "canary-wrong-password-2f7b";

    /// The driver gives up within these, as tests of broken connections want.
    static final DestinationLimits LIMITS = new DestinationLimits(20L << 20, Duration.ofSeconds(12));

    private static final JsonMapper JSON = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .addModule(new SimpleModule().addDeserializer(Secret.class, new SecretDeserializer()))
            .build();

    private final KeyPair key;
    private final SnowflakeStandIn standIn;
    /// Can be made to look as if the account were away.
    private final FaultyProxy front;

    private TestAccount() {
        this.key = newKey();
        this.standIn = SnowflakeStandIn.start(List.of(new SnowflakeStandIn.User(
                USER, PASSWORD, pem("PUBLIC KEY", key.getPublic().getEncoded()))));
        this.front = FaultyProxy.to(standIn.address());
    }

    static KeyPair newKey() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            return generator.generateKeyPair();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    static String pem(String label, byte[] der) {
        return "-----BEGIN " + label + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der) + "\n-----END " + label + "-----\n";
    }

    String privateKey() {
        return pem("PRIVATE KEY", key.getPrivate().getEncoded());
    }

    InetSocketAddress address() {
        return front.address();
    }

    FaultyProxy front() {
        return front;
    }

    /// The parameters with a password, as the API would take them.
    Map<String, Object> withPassword() {
        Map<String, Object> parameters = common();
        parameters.put("authentication_type", "password");
        parameters.put("password", PASSWORD);
        return parameters;
    }

    /// The parameters with a key pair.
    Map<String, Object> withKeyPair() {
        Map<String, Object> parameters = common();
        parameters.put("private_key", privateKey());
        return parameters;
    }

    private Map<String, Object> common() {
        Map<String, Object> parameters = new LinkedHashMap<>();
        parameters.put("account", SnowflakeStandIn.ACCOUNT);
        parameters.put("user", USER);
        parameters.put("role", SnowflakeStandIn.ROLE);
        parameters.put("database", SnowflakeStandIn.DATABASE);
        parameters.put("warehouse", SnowflakeStandIn.WAREHOUSE);
        parameters.put("endpoint_url", url(address()));
        return parameters;
    }

    static String url(InetSocketAddress address) {
        return "http://127.0.0.1:" + address.getPort();
    }

    static Map<String, Object> with(Map<String, Object> parameters, String name, Object value) {
        Map<String, Object> changed = new LinkedHashMap<>(parameters);
        changed.put(name, value);
        return changed;
    }

    static SnowflakeConfiguration configuration(Map<String, Object> parameters) {
        return JSON.convertValue(parameters, SnowflakeConfiguration.class);
    }

    static Destination open(Map<String, Object> parameters) {
        return new SnowflakeDestinationType().open(configuration(parameters), LIMITS);
    }

    /// Runs a statement, in a session of its own, past the front.
    List<Session.Row> query(String sql) throws InterruptedException {
        return new Reader(configuration(with(withPassword(), "endpoint_url", url(standIn.address())))).query(sql);
    }

    @Override
    public void close() {
        front.close();
        standIn.close();
    }

    /// Looks into an account as an administrator does.
    record Reader(SnowflakeConfiguration configuration) {
        List<Session.Row> query(String sql) throws InterruptedException {
            TableName none = configuration.table("none");
            try (Session session = new Sessions(configuration, LIMITS, new SnowflakeErrors(configuration))
                    .open(none, "batch-exports-test", Duration.ofMinutes(5))) {
                return session.queryIfThere(SnowflakeAction.READ_TABLE, none, sql)
                        .orElse(List.of());
            }
        }

        /// The rows of the interval: all that the ledger does not count to another one.
        String isOfInterval(TransferContext context) {
            TableName table = configuration.table(context.modelName());
            return " FROM " + table.sql() + " WHERE " + Sql.identifier(TargetTable.COMMIT_COLUMN)
                    + " NOT IN (SELECT \"run_id\" FROM "
                    + table.sibling(Ledger.NAME).sql()
                    + " WHERE \"table_name\" = " + Sql.text(table.name()) + " AND \"interval_start\" <> "
                    + Sql.text(context.run().interval().start().toString()) + ")";
        }
    }

    private static final class SecretDeserializer extends StdDeserializer<Secret> {
        SecretDeserializer() {
            super(Secret.class);
        }

        @Override
        public Secret deserialize(JsonParser parser, DeserializationContext context) {
            return new Secret(parser.getString());
        }
    }

    /// Hands the one account to the constructors of test classes.
    static final class Provider implements ParameterResolver {
        @Override
        public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
            return parameter.getParameter().getType() == TestAccount.class;
        }

        @Override
        public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
            return context.getRoot()
                    .getStore(ExtensionContext.Namespace.GLOBAL)
                    .computeIfAbsent(TestAccount.class, key -> new TestAccount(), TestAccount.class);
        }
    }
}
