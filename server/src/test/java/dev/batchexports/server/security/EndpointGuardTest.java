package dev.batchexports.server.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.batchexports.core.error.ErrorKind;
import dev.batchexports.core.error.ExportException;
import dev.batchexports.server.Settings;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

/// Destinations stay off addresses that only this machine or its network can reach.
class EndpointGuardTest {
    private final EndpointGuard guard = guard(Map.of());

    private static EndpointGuard guard(Map<String, String> properties) {
        return new EndpointGuard(
                new Binder(new MapConfigurationPropertySource(properties)).bindOrCreate("bx", Settings.class));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://127.0.0.1:9000",
                "http://localhost/",
                "http://127.1/",
                "http://2130706433/",
                "http://0x7f.1/",
                "http://0x7f000001/",
                "http://127.0.0.1./",
                "http://100.100.100.200/",
                "http://0.0.0.0/",
                "http://10.1.2.3/",
                "http://172.16.0.1/",
                "http://192.168.1.1/",
                "http://169.254.169.254/latest/meta-data",
                "http://100.64.0.1/",
                "http://198.18.0.1/",
                "http://224.0.0.1/",
                "http://255.255.255.255/",
                "http://[::1]/",
                "http://[::]/",
                "http://[::ffff:127.0.0.1]/",
                "http://[::ffff:7f00:1]/",
                "http://[::127.0.0.1]/",
                "http://[fec0::1]/",
                "http://[fd00:ec2::254]/",
                "http://[2001:db8::1]/",
                "http://[2001::1]/",
                "http://[64:ff9b:1::7f00:1]/",
                "http://[::ffff:169.254.169.254]/",
                "http://[fe80::1]/",
                "http://[fd00::1]/",
                "http://[fc00::1]/",
                "http://[ff02::1]/",
                "http://[64:ff9b::7f00:1]/",
                "http://[2002:7f00:1::]/",
                "http://no-such-host.invalid/"
            })
    void refusesWhatIsNotPublic(String url) {
        assertThat(guard.refusals(Map.of("endpoint_url", url))).containsOnlyKeys("endpoint_url");
    }

    @ParameterizedTest
    @ValueSource(strings = {"8.8.8.8", "1.1.1.1", "172.32.0.1", "2606:4700:4700::1111", "64:ff9b::808:808"})
    void takesWhatIsPublic(String address) throws UnknownHostException {
        assertThat(EndpointGuard.isPublic(InetAddress.getByName(address))).isTrue();
    }

    @Test
    void looksAtHostsToo() {
        assertThat(guard.refusals(Map.of("host", "127.0.0.1", "port", 5432, "user", "127.0.0.1")))
                .containsOnlyKeys("host");
    }

    @ParameterizedTest
    @ValueSource(strings = {"file:///etc/passwd", "gopher://8.8.8.8/", "http:///nowhere", "http://a@8.8.8.8/", "::"})
    void refusesWhatIsNoHttpUrl(String url) {
        assertThat(guard(Map.of("bx.limits.allow-private-endpoints", "true")).refusals(Map.of("webhook_url", url)))
                .containsOnlyKeys("webhook_url");
    }

    @Test
    void takesPrivateAddressesWhereTheOperatorAllowsThem() {
        assertThat(guard(Map.of("bx.limits.allow-private-endpoints", "true"))
                        .refusals(Map.of("endpoint_url", "http://127.0.0.1:9000", "host", "10.0.0.1")))
                .isEmpty();
    }

    @Test
    void stopsAnOpeningWithAnErrorThatIsNotRetried() {
        assertThatThrownBy(() -> guard.require(Map.of("endpoint_url", "http://127.0.0.1:9000")))
                .isInstanceOfSatisfying(ExportException.class, error -> {
                    assertThat(error.code()).isEqualTo("EndpointNotAllowed");
                    assertThat(error.kind()).isEqualTo(ErrorKind.USER);
                })
                .hasMessageContaining("endpoint_url");
    }
}
