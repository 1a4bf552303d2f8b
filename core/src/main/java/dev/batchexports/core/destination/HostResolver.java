package dev.batchexports.core.destination;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/// Finds the addresses that a destination may connect to.
@FunctionalInterface
public interface HostResolver {
    /// @param host a name, or an address in any form
    /// @return in the order in which they are to be tried
    /// @throws UnknownHostException also when connections to the host are not allowed
    List<InetAddress> resolve(String host) throws UnknownHostException;

    /// Allows whatever this machine finds.
    static HostResolver unguarded() {
        return host -> List.of(InetAddress.getAllByName(host));
    }
}
