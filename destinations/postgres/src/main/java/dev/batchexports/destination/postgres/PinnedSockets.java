package dev.batchexports.destination.postgres;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import javax.net.SocketFactory;
import jdk.net.ExtendedSocketOptions;

/// Sockets to one address that was checked, whatever the name of the server resolves to by now. The driver
/// goes on to compare the server's certificate with the name.
///
/// They find out within a minute that the server is gone, also while they wait for the end of a long
/// statement: the usual keep-alive of an operating system begins after two hours. The driver makes it by its
/// name.
public final class PinnedSockets extends SocketFactory {
    private static final int IDLE_SECONDS = 30;
    private static final int INTERVAL_SECONDS = 10;
    private static final int PROBES = 3;

    private final InetAddress address;

    /// @param address of the server, as digits
    public PinnedSockets(String address) {
        this.address = InetAddress.ofLiteral(address);
    }

    /// What the driver connects to the address that it found, but goes to the one that was checked.
    private static final class PinnedSocket extends Socket {
        private final InetAddress address;

        PinnedSocket(InetAddress address) {
            this.address = address;
        }

        @Override
        public void connect(SocketAddress endpoint, int timeout) throws IOException {
            if (!(endpoint instanceof InetSocketAddress found)) {
                throw new IOException("not an address of the Internet: " + endpoint);
            }
            super.connect(new InetSocketAddress(address, found.getPort()), timeout);
        }

        @Override
        public void connect(SocketAddress endpoint) throws IOException {
            connect(endpoint, 0);
        }
    }

    @Override
    public Socket createSocket() throws IOException {
        Socket socket = new PinnedSocket(address);
        socket.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
        setIfKnown(socket, ExtendedSocketOptions.TCP_KEEPIDLE, IDLE_SECONDS);
        setIfKnown(socket, ExtendedSocketOptions.TCP_KEEPINTERVAL, INTERVAL_SECONDS);
        setIfKnown(socket, ExtendedSocketOptions.TCP_KEEPCOUNT, PROBES);
        return socket;
    }

    private static void setIfKnown(Socket socket, SocketOption<Integer> option, int value) throws IOException {
        if (socket.supportedOptions().contains(option)) {
            socket.setOption(option, value);
        }
    }

    @Override
    public Socket createSocket(String host, int port) {
        throw new UnsupportedOperationException("the driver connects sockets itself");
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort) {
        throw new UnsupportedOperationException("the driver connects sockets itself");
    }

    @Override
    public Socket createSocket(InetAddress host, int port) {
        throw new UnsupportedOperationException("the driver connects sockets itself");
    }

    @Override
    public Socket createSocket(InetAddress address, int port, InetAddress localAddress, int localPort) {
        throw new UnsupportedOperationException("the driver connects sockets itself");
    }
}
