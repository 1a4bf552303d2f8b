package dev.batchexports.server.security;

import dev.batchexports.core.error.ExportException;
import dev.batchexports.server.Settings;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Component;

/// Keeps destinations off addresses that only this machine or its network can reach (cloud metadata,
/// loopback, private networks), unless `bx.limits.allow-private-endpoints` is set.
///
/// A name may resolve to something else later, so the check belongs before every opening of a
/// destination, not only to the validation of its configuration. Whoever can choose how names are resolved
/// connects to what [#resolve] returns: then nothing lies between the check and the connection.
@Component
public class EndpointGuard {
    private static final String FORBIDDEN = "must not lead to a loopback, private, link-local or otherwise reserved"
            + " address; whoever runs this server can allow it with BX_LIMITS_ALLOW_PRIVATE_ENDPOINTS=true";

    /// Finds the addresses of a name.
    public interface Names {
        InetAddress[] find(String host) throws UnknownHostException;
    }

    /// A host has an address that must not be connected to. Its message continues "the endpoint ...".
    public static final class ForbiddenAddressException extends UnknownHostException {
        private static final long serialVersionUID = 1L;

        ForbiddenAddressException() {
            super(FORBIDDEN);
        }
    }

    private final boolean allowsPrivate;
    private final Names names;

    @Autowired
    public EndpointGuard(Settings settings) {
        this(settings.limits().allowPrivateEndpoints(), InetAddress::getAllByName);
    }

    /// @param names how names are resolved
    public EndpointGuard(boolean allowsPrivate, Names names) {
        this.allowsPrivate = allowsPrivate;
        this.names = names;
    }

    /// The addresses that a connection to a host may be made to. All of them are checked.
    ///
    /// @param host a name, or an address in any form, an IPv6 one with or without brackets
    /// @throws ForbiddenAddressException when one of them is not allowed
    public List<InetAddress> resolve(String host) throws UnknownHostException {
        List<InetAddress> addresses = List.of(names.find(host));
        if (!allowsPrivate && !addresses.stream().allMatch(EndpointGuard::isPublic)) {
            throw new ForbiddenAddressException();
        }
        return addresses;
    }

    /// What is wrong with the endpoints of a destination's configuration: its parameters that end in `url`
    /// or `host`.
    ///
    /// @return messages by parameter; empty when there is nothing to object to
    public Map<String, String> refusals(Map<String, Object> config) {
        Map<String, String> refusals = new TreeMap<>();
        config.forEach((parameter, value) -> {
            if (value instanceof String text && !text.isBlank()) {
                if (parameter.endsWith("url")) {
                    refusalOfUrl(text).ifPresent(message -> refusals.put(parameter, message));
                } else if (parameter.endsWith("host")) {
                    refusalOfHost(text).ifPresent(message -> refusals.put(parameter, message));
                }
            }
        });
        return refusals;
    }

    /// To be called right before a destination is opened.
    ///
    /// @throws ExportException of kind USER when an endpoint is refused
    public void require(Map<String, Object> config) {
        refusals(config).forEach((parameter, message) -> {
            throw ExportException.user(
                    "EndpointNotAllowed",
                    "The destination's " + parameter + " is not allowed: it " + message + ".",
                    "Use an endpoint with a public address.");
        });
    }

    private Optional<String> refusalOfUrl(String url) {
        URI uri;
        try {
            uri = new URI(url.strip());
        } catch (URISyntaxException e) {
            return Optional.of("must be a URL such as https://storage.example.com");
        }
        String scheme = uri.getScheme();
        if (scheme == null
                || !(scheme.equalsIgnoreCase("https") || scheme.equalsIgnoreCase("http"))
                || uri.getHost() == null
                || uri.getUserInfo() != null) {
            return Optional.of("must be an http or https URL with a host and without a user");
        }
        return refusalOfHost(uri.getHost());
    }

    private Optional<String> refusalOfHost(String host) {
        if (allowsPrivate) {
            return Optional.empty();
        }
        try {
            resolve(host);
            return Optional.empty();
        } catch (ForbiddenAddressException e) {
            return Optional.of(FORBIDDEN);
        } catch (UnknownHostException e) {
            return Optional.of("has a host that cannot be resolved");
        }
    }

    static boolean isPublic(InetAddress address) {
        if (address.isAnyLocalAddress()
                || address.isLoopbackAddress()
                || address.isLinkLocalAddress()
                || address.isSiteLocalAddress()
                || address.isMulticastAddress()) {
            return false;
        }
        return address instanceof Inet6Address ? isPublicSix(address.getAddress()) : isPublic(address.getAddress());
    }

    /// @param address of IPv4; the reserved blocks are those of the IANA special-purpose registry
    private static boolean isPublic(byte[] address) {
        int first = address[0] & 0xff;
        int second = address[1] & 0xff;
        int third = address[2] & 0xff;
        boolean reserved = first == 0
                || first == 10
                || first == 127
                || (first == 100 && second >= 64 && second < 128)
                || (first == 169 && second == 254)
                || (first == 172 && second >= 16 && second < 32)
                || (first == 192 && second == 0 && (third == 0 || third == 2))
                || (first == 192 && second == 88 && third == 99)
                || (first == 192 && second == 168)
                || (first == 198 && (second == 18 || second == 19))
                || (first == 198 && second == 51 && third == 100)
                || (first == 203 && second == 0 && third == 113)
                || first >= 224;
        return !reserved;
    }

    /// Only 2000::/3 is public; an IPv4 address within an IPv6 one (mapped, NAT64, 6to4) must be public
    /// itself.
    private static boolean isPublicSix(byte[] address) {
        if (startsWith(address, 0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0)) {
            return isPublic(Arrays.copyOfRange(address, 12, 16));
        }
        if (startsWith(address, 0x20, 0x02)) {
            return isPublic(Arrays.copyOfRange(address, 2, 6));
        }
        boolean teredoOrDocumentation = startsWith(address, 0x20, 0x01, 0x00, 0x00)
                || startsWith(address, 0x20, 0x01, 0x0d, 0xb8)
                || startsWith(address, 0x3f, 0xff);
        return (address[0] & 0xe0) == 0x20 && !teredoOrDocumentation;
    }

    private static boolean startsWith(byte[] address, int... prefix) {
        for (int index = 0; index < prefix.length; index++) {
            if ((address[index] & 0xff) != prefix[index]) {
                return false;
            }
        }
        return true;
    }
}
