package dev.batchexports.destination.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.batchexports.core.destination.Destination;
import dev.batchexports.core.destination.HostResolver;
import dev.batchexports.core.destination.TestStep;
import dev.batchexports.core.destination.WriteMode;
import dev.batchexports.core.error.ErrorKind;
import dev.batchexports.core.error.ExportException;
import dev.batchexports.core.interval.Interval;
import dev.batchexports.core.secret.Secret;
import dev.batchexports.testkit.SampleRow;
import dev.batchexports.testkit.SampleRun;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.security.KeyStore;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// What a role may do, how it is told what it may not, and TLS.
@ExtendWith(Database.Provider.class)
class PostgresAccessTest {
    private static final Interval HOUR =
            new Interval(Instant.parse("2026-11-23T10:00:00Z"), Instant.parse("2026-11-23T11:00:00Z"));
    private static final String PASSWORD = "canary-role-password";

    private final Database database;
    private final String schema;
    private final String role = "role \"" + UUID.randomUUID().toString().substring(0, 8);

    PostgresAccessTest(Database database) {
        this.database = database;
        this.schema = database.newSchema();
        database.run("CREATE ROLE " + Identifier.quote(role) + " LOGIN PASSWORD '" + PASSWORD + "'");
    }

    private Destination openAsRole() {
        return Database.open(database.configuration(schema, database.address(), database.name(), role, PASSWORD));
    }

    private SampleRun run() {
        try (Destination destination = openAsRole()) {
            return SampleRun.of(
                            UUID.randomUUID(),
                            "t",
                            HOUR,
                            1,
                            List.of(SampleRow.of("first", 0, 5)),
                            destination.encoding())
                    .with(new WriteMode.Replace());
        }
    }

    /// Everything that is missing is said with the statement that grants it, until nothing is.
    @Test
    void namesEachMissingGrant() throws InterruptedException {
        database.run("CREATE TABLE " + Identifier.qualify(schema, "t") + " (id bigint, text text, "
                + TargetTable.COMMIT_COLUMN + " bigint)");
        SampleRun run = run();
        try (Destination destination = openAsRole()) {
            int granted = 0;
            while (granted < 5) {
                ExportException refusal = catchThrowableOfType(ExportException.class, () -> run.export(destination));
                if (refusal == null) {
                    break;
                }
                assertThat(refusal.code()).isEqualTo("insufficient_privilege");
                assertThat(refusal.kind()).isEqualTo(ErrorKind.USER);
                assertThat(refusal.fix()).startsWith("Run GRANT ").endsWith(";");
                database.run(refusal.fix().replaceFirst("^Run ", ""));
                granted++;
            }
            assertThat(granted).isEqualTo(2);
            assertThat(database.column("SELECT count(*) FROM " + Identifier.qualify(schema, "t")))
                    .containsExactly("5");
        }
    }

    @Test
    void theTestNamesTheStepAndTheGrant() {
        assertFails("schema", "GRANT USAGE, CREATE ON SCHEMA");
        database.run("GRANT USAGE, CREATE ON SCHEMA " + Identifier.quote(schema) + " TO " + Identifier.quote(role));
        try (Destination destination = openAsRole()) {
            assertThat(destination.connectionTest())
                    .allSatisfy(step -> assertThat(step.status()).isEqualTo(TestStep.Status.PASSED));
        }
        database.run("DROP SCHEMA " + Identifier.quote(schema));
        assertFails("schema", "CREATE SCHEMA");
    }

    private void assertFails(String name, String fix) {
        try (Destination destination = openAsRole()) {
            assertThat(destination.connectionTest())
                    .filteredOn(step -> step.status() == TestStep.Status.FAILED)
                    .singleElement()
                    .satisfies(step -> {
                        assertThat(step.name()).isEqualTo(name);
                        assertThat(step.fix()).contains(fix);
                    });
        }
    }

    @Test
    void tlsIsAsTheModeSays() throws Exception {
        assertThat(failure("require", null)).as("the server has no TLS yet").contains("sslmode to disable");
        Path certificate = switchTlsOn();
        try {
            String pem = Files.readString(certificate);
            String other = pemOf(keyStore("other", "CN=other"));
            assertThat(failure("disable", null)).isEmpty();
            assertThat(failure("require", null)).isEmpty();
            assertThat(failure("require", other)).contains("ssl_root_certificate");
            assertThat(failure("verify-ca", other + pem)).as("a bundle").isEmpty();
            assertThat(failure("verify-full", pem)).isEmpty();
            assertThat(failure("verify-full", other)).contains("ssl_root_certificate");
            assertThat(failure("verify-full", null)).as("not trusted by Java").contains("ssl_root_certificate");
            HostResolver loopback = host -> List.of(InetAddress.ofLiteral("127.0.0.1"));
            assertThat(failure(at("localhost", "verify-full", pem), loopback)).isEmpty();
            assertThat(failure(at("db.invalid", "verify-ca", pem), loopback))
                    .as("the address is the resolver's")
                    .isEmpty();
            assertThat(failure(at("db.invalid", "verify-full", pem), loopback))
                    .as("the certificate must be for the name, not for the address")
                    .contains("is for db.invalid");
        } finally {
            database.run("ALTER SYSTEM RESET ssl");
            database.run("SELECT pg_reload_conf()");
            Awaitility.await().until(() -> database.column("SHOW ssl").equals(List.of("off")));
        }
    }

    /// What the host resolves to when it is connected to decides, not what it resolved to when it was saved.
    @Test
    void connectsToNoAddressButThoseThatTheResolverReturns() throws InterruptedException {
        List<String> asked = new CopyOnWriteArrayList<>();
        HostResolver changing = host -> {
            asked.add(host);
            if (asked.size() > 1) {
                throw new UnknownHostException("must not lead to a loopback address");
            }
            // The first of a host's addresses may not answer.
            return List.of(InetAddress.ofLiteral("127.99.0.1"), InetAddress.ofLiteral("127.0.0.1"));
        };
        PostgresConfiguration configuration = at("db.invalid", "disable", null);
        try (Destination destination =
                new PostgresDestinationType().open(configuration, Database.LIMITS.withHosts(changing))) {
            SampleRun run = run();
            assertThat(run.writeAll(destination)).hasSize(1);

            ExportException refusal = catchThrowableOfType(ExportException.class, () -> run.export(destination));

            assertThat(refusal.code()).isEqualTo("UnknownHost");
            assertThat(refusal.fix()).contains("public address");
            assertThat(asked).hasSize(2).containsOnly("db.invalid");
        }
    }

    /// The fix of the failing step of the test; empty if all pass.
    private String failure(String sslmode, @Nullable String authorities) {
        return failure(at(database.configuration(schema).host(), sslmode, authorities), HostResolver.unguarded());
    }

    private String failure(PostgresConfiguration configuration, HostResolver hosts) {
        try (Destination destination =
                new PostgresDestinationType().open(configuration, Database.LIMITS.withHosts(hosts))) {
            List<TestStep> failed = destination.connectionTest().stream()
                    .filter(step -> step.status() == TestStep.Status.FAILED)
                    .toList();
            assertThat(failed).allSatisfy(step -> assertThat(step.name()).isEqualTo("connect"));
            return failed.isEmpty() ? "" : failed.getFirst().fix();
        }
    }

    private PostgresConfiguration at(String host, String sslmode, @Nullable String authorities) {
        PostgresConfiguration plain = database.configuration(schema);
        return new PostgresConfiguration(
                host,
                plain.port(),
                plain.user(),
                new Secret(plain.password().reveal()),
                plain.database(),
                schema,
                "t",
                sslmode,
                authorities);
    }

    private Path switchTlsOn() throws Exception {
        KeyStore keys = keyStore("server", "CN=127.0.0.1");
        Path folder = Path.of(database.column("SHOW data_directory").getFirst());
        Path certificate = folder.resolve("test-server.crt");
        Path key = folder.resolve("test-server.key");
        Files.writeString(certificate, pemOf(keys));
        Files.writeString(
                key,
                pem("PRIVATE KEY", keys.getKey("server", PASSWORD.toCharArray()).getEncoded()));
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
        UserPrincipal owner = Files.getOwner(folder);
        Files.setOwner(key, owner);
        Files.setOwner(certificate, owner);
        database.run("ALTER SYSTEM SET ssl_cert_file = '" + certificate.getFileName() + "'");
        database.run("ALTER SYSTEM SET ssl_key_file = '" + key.getFileName() + "'");
        database.run("ALTER SYSTEM SET ssl = on");
        database.run("SELECT pg_reload_conf()");
        Awaitility.await().until(() -> database.column("SHOW ssl").equals(List.of("on")));
        return certificate;
    }

    private KeyStore keyStore(String alias, String subject) throws Exception {
        Path file = database.folder().resolve(alias + UUID.randomUUID() + ".p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        alias,
                        "-keyalg",
                        "EC",
                        "-dname",
                        subject,
                        "-ext",
                        "san=ip:127.0.0.1,dns:localhost",
                        "-ext",
                        "bc=ca:true",
                        "-validity",
                        "2",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        file.toString(),
                        "-storepass",
                        PASSWORD)
                .redirectErrorStream(true)
                .start();
        String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(keytool.waitFor()).as(said).isZero();
        return KeyStore.getInstance(file.toFile(), PASSWORD.toCharArray());
    }

    private static String pemOf(KeyStore keys) throws Exception {
        return pem(
                "CERTIFICATE", keys.getCertificate(keys.aliases().nextElement()).getEncoded());
    }

    private static String pem(String kind, byte[] bytes) {
        return "-----BEGIN " + kind + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes)
                + "\n-----END " + kind + "-----\n";
    }
}
