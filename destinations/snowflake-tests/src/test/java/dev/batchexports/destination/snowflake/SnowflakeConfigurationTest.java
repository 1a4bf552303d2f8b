package dev.batchexports.destination.snowflake;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.core.destination.InvalidConfigurationException;
import dev.batchexports.core.secret.Secret;
import java.security.KeyPair;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;

class SnowflakeConfigurationTest {
    private static final KeyPair KEY = TestAccount.newKey();
    private static final String PEM =
            TestAccount.pem("PRIVATE KEY", KEY.getPrivate().getEncoded());

    /// A key that nothing uses: openssl pkcs8 -topk8 -v2 aes-256-cbc, passphrase "open sesame".
    private static final String ENCRYPTED_BY_OPENSSL = """
            -----BEGIN ENCRYPTED PRIVATE KEY-----
            MIIFLTBXBgkqhkiG9w0BBQ0wSjApBgkqhkiG9w0BBQwwHAQIWy/EcpUrfsMCAggA
            MAwGCCqGSIb3DQIJBQAwHQYJYIZIAWUDBAEqBBAR2m+/21rUPEatFWk6bbvwBIIE
            0Hlcq9KSsWjNsSZLa/fLAwws4oe/32LL8Xfk6GhxkkXvrwNLhkG1J0h7eXMfG6AD
            jmbSHYuqQszBJiE6Aw6+un6joDAozIQHLzsmrDru8GX1QbRIj5ma5uFxSbFMC4ud
            OkFw1Qf4TFNLK0raBGCsjVfRBli18FEKxQPpF5aLTM+CGXgVB7QT2EbVL7fiYNzR
            Hb0IuwZYUWqDalfdTPmWhryqlxpY+x/jDXEbqIzBSdLBD6yPTcIPxZMozg8eQbCN
            T4OPofXN2qlDO3NJY8dBCLlh1gY9W66hL5tL2hlsOJmSVeu6MGy31EjWXHP9+77f
            tyvFLD80gPeOuSIJKWavVc2fFXiq/5ePc4IsPKPrPNDzKoqk5ysNMi391IXdl5pT
            4gJk+UR8NHzCZ+YmyG/Nx8gNFolY7Z4Vi7AMP+8wiTLhCq/E+3mwt/vnJBNDNOIR
            573GHc5IVwfOnndY3S3T7RiXUCUVXMy82awBrPu2qCAGHce6AljJeJ41OWwA9hUu
            XHQuGZzNSggLbK/Dv414YGorQ+kFZG6dEQMXXb15D1wlzJF39i3YawnvmaEepvo8
            siwCwuiQAFuW/OQQ69O+05cYwme4gRPi7OX1Kb2teiK0kqxGnJ6Wyz5Y0ZCeox18
            dj9+L0bA32eFDB/sC8t+JhwvBA9b4G4Oip2ls/yIsrFe6iTyuIjnFuN/3CNQdaVM
            4ZZ24XRdPRZoLIZRnMBrU/FlIzG1yq+jVh5BDdZvY75q5KLPNkneCgCHeeIEkiiw
            +hkWmRXVU9s61QM2iel5Pwg0N/gdgwcN1J0DHUH2oHqBpXsWBeLowVm+AP/qlgbY
            bNIvysgsGduUxLneM2aY2KVFQ/BduAoyGCjYJkDsgZYdDDXQKUPI2zDgRqPPOb4A
            eWW74Fz8KNgQKYjkG84nlEUV4TqW0+tJFAeCcJ+SYEp4iF4Ap63dupBkeD+cX3NE
            JnP/3vsPX0pxQyXTB/AiXZYp3mUni1GzxaBCOKuZgGZKVTQq3spbqNEk69xFA+cf
            D/YHbuTHNm2rbTL0/W4AALyFdWihX1Aw/hqy9qBpr64NLZZBhkCPVZph6wYAga1h
            JXDlZ6Do/xvlk6W+k1xASWQjZTVn9HHcAvPMPVejn7LaEnGyiilgLX7aDTKdd3we
            lyWWBIOuCtnRO0IWa+3pby9qUahrxRp3ASJgL8Zq8F2zw5zOCXg7Lnym/nDetTHI
            yT7wFHG8u/j+RfDnHC88s2/r1coeg98Y1iicm1MU34TY700nz/6ea8vnKPkeWH6r
            +6+R6x8qf6jp/RKNOABrGyWiriKcjIQ1AFbY4K10PDoni3jPGE3ccbnBStqgvPzg
            ZHhbKWJMY6Sazyz6voDK5wvXCHzHnNAdmHG1AsWRA8nDDYdF/J0S6TAn573/+LMS
            ojiTddKjs0q/bPTW/M0SZietLK38n41jfn8WbihxKm89+3JqSJMyqv/SByLzlVWY
            5tfCyyJCzhnWZZRvFmYDwYYAsxgeHTrqKpsm+nYIiWv2fKEXz0VGw6wKQVk/13OA
            OAMLdqtX61ujeCRI7Db7o5n2QtsAyXF73/r1hGQs5qZhZQ19r3bxUQC0MdyChgiv
            4OsfLjYANh3nt1+HcuOI2FAGPjD0etol9tKUzusEnfFE
            -----END ENCRYPTED PRIVATE KEY-----
            """;

    private static Map<String, Object> valid() {
        return new LinkedHashMap<>(
                Map.of("account", "my_org-acc", "user", "U", "private_key", PEM, "database", "D", "warehouse", "W"));
    }

    private static List<String> violations(String name, Object value) {
        Throwable failure =
                Assertions.catchThrowable(() -> TestAccount.configuration(TestAccount.with(valid(), name, value)));
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof InvalidConfigurationException invalid) {
                return invalid.violations().stream()
                        .map(violation -> violation.field() + " " + violation.message())
                        .toList();
            }
        }
        return List.of();
    }

    @Test
    void hasTheDefaultsOfTheApi() {
        SnowflakeConfiguration configuration = TestAccount.configuration(valid());
        assertThat(configuration.authenticationType()).isEqualTo("keypair");
        assertThat(configuration.schema()).isEqualTo("PUBLIC");
        assertThat(configuration.table("events")).hasToString("D.PUBLIC.events");
        assertThat(configuration.endpoint()).hasToString("https://my-org-acc.snowflakecomputing.com");
    }

    @Test
    void namesWhatIsWrong() {
        assertThat(violations("account", "https://x.snowflakecomputing.com"))
                .containsExactly("account must be an account identifier such as myorg-myaccount, not a URL");
        assertThat(violations("database", " ")).containsExactly("database is required");
        assertThat(violations("authentication_type", "oauth"))
                .containsExactly("authentication_type must be keypair or password");
        assertThat(violations("authentication_type", "password"))
                .containsExactly("password is required when authentication_type is password");
        assertThat(violations("private_key", ""))
                .containsExactly("private_key is required when authentication_type is keypair");
        assertThat(violations("private_key", PEM.replace("PRIVATE", "RSA PRIVATE")))
                .singleElement()
                .asString()
                .startsWith("private_key must be in PKCS#8 form");
        assertThat(violations("table_name", Ledger.NAME)).hasSize(1);
    }

    @Test
    void takesCredentialsInTheClearOnlyToItself() {
        assertThat(violations("endpoint_url", "http://snowflake.example.com")).hasSize(1);
        assertThat(violations("endpoint_url", "https://x.example.com/path")).hasSize(1);
        assertThat(violations("endpoint_url", "http://127.0.0.1:8080")).isEmpty();
        assertThat(violations("endpoint_url", "https://x.privatelink.snowflakecomputing.com"))
                .isEmpty();
    }

    @Test
    void readsAKeyWhoseLineEndsWereLost() {
        assertThat(PrivateKeyPem.read(new Secret(PEM.replace("\n", "\\n")), null))
                .isEqualTo(KEY.getPrivate());
        assertThat(PrivateKeyPem.read(new Secret(PEM.replace("\n", " ")), null)).isEqualTo(KEY.getPrivate());
    }

    @Test
    void opensAnEncryptedKey() {
        Secret pem = new Secret(ENCRYPTED_BY_OPENSSL);

        assertThat(PrivateKeyPem.read(pem, new Secret("open sesame")).getAlgorithm())
                .isEqualTo("RSA");
        assertThat(violations("private_key", pem.reveal()))
                .containsExactly("private_key_passphrase is required, because the private key is encrypted");
        Map<String, Object> wrong = TestAccount.with(valid(), "private_key", pem.reveal());
        assertThat(Assertions.catchThrowable(
                        () -> TestAccount.configuration(TestAccount.with(wrong, "private_key_passphrase", "closed"))))
                .hasStackTraceContaining("private_key_passphrase: does not open the private key");
    }
}
