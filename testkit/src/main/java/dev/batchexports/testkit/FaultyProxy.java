package dev.batchexports.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// A TCP proxy on loopback that breaks what passes through it, at a place that a test chooses.
///
/// It knows no protocol, only turns: an **exchange** begins when the client sends, on a new connection or
/// after the server has sent something. Exchanges are counted over all connections, from 1. Safe for use
/// by several threads.
public final class FaultyProxy implements AutoCloseable {
    private static final int PIECE = 1 << 14;
    /// How long what a refused client still sends is waited for, in milliseconds.
    private static final int LONGEST_REFUSAL = 2_000;

    /// What goes wrong.
    public sealed interface Fault {
        /// Nothing.
        record None() implements Fault {}

        /// The connection is cut when an exchange begins: the server never sees the request.
        record LoseRequest(int exchange, Then then) implements Fault {}

        /// The connection is cut when the server answers an exchange: the request took effect, and the
        /// client does not know.
        record LoseReply(int exchange, Then then) implements Fault {}

        /// The connection is cut after the client has sent so many bytes, over all connections.
        record CutAfterSent(long bytes, Then then) implements Fault {}

        /// What the client sends in an exchange is held back until the next [#inject] or [#heal]; everything
        /// else passes.
        record Hold(int exchange) implements Fault {}

        /// Something is done to the next exchange whose request holds a text, once.
        ///
        /// @param text of printable ASCII, within one piece: a request line, a statement
        record At(Moment moment, String text, Deed deed) implements Fault {}

        /// So many exchanges get this reply, and the server sees nothing of them.
        record Refuse(int times, String reply) implements Fault {}

        /// The next exchange whose request holds a text gets this reply, once, and the server never sees the
        /// request whole.
        ///
        /// @param text as that of [At]
        record RefuseAt(String text, String reply) implements Fault {}

        /// Each piece, in either direction, is late by so much.
        record Slow(Duration perPiece) implements Fault {}

        /// Every connection is cut as soon as it is made.
        record Outage() implements Fault {}

        /// What is sent in either direction gets no further, and no connection is cut.
        record Silence() implements Fault {}
    }

    /// When a fault strikes.
    public enum Moment {
        /// Before the server sees the request.
        REQUEST,
        /// After the request took effect, before the client knows.
        REPLY
    }

    /// What is done.
    public enum Deed {
        /// The connection is cut; the next exchange passes.
        CUT,
        /// It is held back until the next [#inject] or [#heal].
        HOLD
    }

    /// What comes after a fault has happened once.
    public enum Then {
        RECOVERY,
        OUTAGE
    }

    private final InetSocketAddress target;
    private final ServerSocket server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Set<Link> links = ConcurrentHashMap.newKeySet();
    private final Object lock = new Object();
    private Fault fault = new Fault.None();
    private int exchanges;
    private long sent;
    private int held;
    private int struck;
    private int refused;
    private boolean closed;

    private FaultyProxy(InetSocketAddress target, ServerSocket server) {
        this.target = target;
        this.server = server;
    }

    /// Opens a proxy to a server, without a fault.
    public static FaultyProxy to(InetSocketAddress target) {
        try {
            ServerSocket server = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
            FaultyProxy proxy = new FaultyProxy(target, server);
            proxy.threads.execute(proxy::accept);
            return proxy;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Where clients connect to.
    public InetSocketAddress address() {
        return new InetSocketAddress(server.getInetAddress(), server.getLocalPort());
    }

    /// Sets what goes wrong from now on, and starts counting anew.
    public void inject(Fault next) {
        synchronized (lock) {
            fault = next;
            exchanges = 0;
            sent = 0;
            held = 0;
            struck = 0;
            refused = 0;
            links.forEach(link -> {
                link.exchange = 0;
                link.matched = false;
            });
            lock.notifyAll();
        }
        if (next instanceof Fault.Outage) {
            links.forEach(link -> {
                link.cut();
                strike();
            });
        }
    }

    /// Lets everything pass again, and starts counting anew.
    public void heal() {
        inject(new Fault.None());
    }

    /// How many exchanges have begun since the last [#inject] or [#heal].
    public int exchanges() {
        synchronized (lock) {
            return exchanges;
        }
    }

    /// Whether anything was held back since the last [#inject] or [#heal].
    public boolean isHolding() {
        synchronized (lock) {
            return held > 0;
        }
    }

    /// How often something was cut, held back, slowed down or refused since the last [#inject] or [#heal].
    public int struck() {
        synchronized (lock) {
            return struck + held;
        }
    }

    @Override
    public void close() {
        synchronized (lock) {
            closed = true;
            lock.notifyAll();
        }
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            links.forEach(Link::cut);
            threads.close();
        }
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket client = server.accept();
                if (isOutage()) {
                    client.close();
                    strike();
                } else {
                    start(client);
                }
            } catch (IOException e) {
                // The proxy was closed, or the client went away at once.
            }
        }
    }

    private void start(Socket client) throws IOException {
        Socket upstream = new Socket();
        try {
            upstream.connect(target);
        } catch (IOException e) {
            upstream.close();
            client.close();
            return;
        }
        client.setTcpNoDelay(true);
        upstream.setTcpNoDelay(true);
        Link link = new Link(client, upstream);
        links.add(link);
        threads.execute(() -> link.pump(Direction.TO_SERVER));
        threads.execute(() -> link.pump(Direction.TO_CLIENT));
    }

    private boolean isOutage() {
        synchronized (lock) {
            return fault instanceof Fault.Outage;
        }
    }

    private enum Direction {
        TO_SERVER,
        TO_CLIENT
    }

    /// What to do with a piece that is about to pass.
    private sealed interface Verdict {
        record Pass() implements Verdict {}

        record Cut() implements Verdict {}

        record Refuse(String reply) implements Verdict {}
    }

    private Verdict judge(Link link, Direction direction, byte[] piece, int bytes) throws InterruptedException {
        delay();
        synchronized (lock) {
            boolean begins = direction == Direction.TO_SERVER && link.lastDirection != Direction.TO_SERVER;
            if (direction == Direction.TO_SERVER) {
                if (begins) {
                    exchanges++;
                    link.exchange = exchanges;
                    link.matched = false;
                }
                sent += bytes;
                String wanted = wantedText();
                if (!wanted.isEmpty()) {
                    link.matched |= new String(piece, 0, bytes, StandardCharsets.ISO_8859_1).contains(wanted);
                }
            }
            link.lastDirection = direction;
            while (isHeldBack(link, direction) && !closed) {
                held++;
                lock.notifyAll();
                lock.wait();
            }
            if (begins && fault instanceof Fault.Refuse(int times, String reply) && refused < times) {
                refused++;
                struck++;
                return new Verdict.Refuse(reply);
            }
            if (direction == Direction.TO_SERVER
                    && link.matched
                    && fault instanceof Fault.RefuseAt(String text, String reply)) {
                struck++;
                fault = new Fault.None();
                return new Verdict.Refuse(reply);
            }
            Then then = switch (fault) {
                case Fault.None() -> null;
                case Fault.Silence() -> null;
                case Fault.Hold hold -> null;
                case Fault.Refuse refuse -> null;
                case Fault.RefuseAt refuse -> null;
                case Fault.Slow slow -> null;
                case Fault.At(Moment moment, String text, Deed deed) ->
                    deed == Deed.CUT && link.isAt(moment, direction) ? Then.RECOVERY : null;
                case Fault.Outage() -> Then.OUTAGE;
                case Fault.LoseRequest(int exchange, Then after) ->
                    direction == Direction.TO_SERVER && link.exchange == exchange ? after : null;
                case Fault.LoseReply(int exchange, Then after) ->
                    direction == Direction.TO_CLIENT && link.exchange == exchange ? after : null;
                case Fault.CutAfterSent(long limit, Then after) ->
                    direction == Direction.TO_SERVER && sent >= limit ? after : null;
            };
            return verdict(then);
        }
    }

    /// What a request has to hold for the fault to strike it; empty for none.
    private String wantedText() {
        return switch (fault) {
            case Fault.At(Moment _, String text, Deed _) -> text;
            case Fault.RefuseAt(String text, String _) -> text;
            case Fault.None _,
                    Fault.LoseRequest _,
                    Fault.LoseReply _,
                    Fault.CutAfterSent _,
                    Fault.Hold _,
                    Fault.Refuse _,
                    Fault.Slow _,
                    Fault.Outage _,
                    Fault.Silence _ -> "";
        };
    }

    private boolean isHeldBack(Link link, Direction direction) {
        return fault instanceof Fault.Silence
                || (fault instanceof Fault.At(Moment moment, String text, Deed deed)
                        && deed == Deed.HOLD
                        && link.isAt(moment, direction))
                || (fault instanceof Fault.Hold(int exchange)
                        && direction == Direction.TO_SERVER
                        && link.exchange == exchange);
    }

    private void delay() throws InterruptedException {
        Fault current;
        synchronized (lock) {
            current = fault;
        }
        if (current instanceof Fault.Slow(Duration perPiece)) {
            Thread.sleep(perPiece);
            strike();
        }
    }

    private void strike() {
        synchronized (lock) {
            struck++;
        }
    }

    private Verdict verdict(@Nullable Then then) {
        struck += then == null ? 0 : 1;
        return switch (then) {
            case null -> new Verdict.Pass();
            case RECOVERY -> {
                fault = new Fault.None();
                yield new Verdict.Cut();
            }
            case OUTAGE -> {
                fault = new Fault.Outage();
                yield new Verdict.Cut();
            }
        };
    }

    /// One client's connection and the one to the server behind it.
    private final class Link {
        private final Socket client;
        private final Socket upstream;
        private final AtomicInteger open = new AtomicInteger(2);
        private @Nullable Direction lastDirection;
        private int exchange;
        private boolean matched;
        private volatile boolean refused;

        Link(Socket client, Socket upstream) {
            this.client = client;
            this.upstream = upstream;
        }

        boolean isAt(Moment moment, Direction direction) {
            return matched && direction == (moment == Moment.REQUEST ? Direction.TO_SERVER : Direction.TO_CLIENT);
        }

        void pump(Direction direction) {
            Socket from = direction == Direction.TO_SERVER ? client : upstream;
            Socket to = direction == Direction.TO_SERVER ? upstream : client;
            try {
                InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream();
                byte[] piece = new byte[PIECE];
                int read = in.read(piece);
                while (read >= 0) {
                    switch (judge(this, direction, piece, read)) {
                        case Verdict.Pass() -> out.write(piece, 0, read);
                        case Verdict.Cut() -> {
                            cutAfterFault();
                            return;
                        }
                        case Verdict.Refuse(String reply) -> {
                            refuse(reply);
                            return;
                        }
                    }
                    read = in.read(piece);
                }
                to.shutdownOutput();
                if (open.decrementAndGet() == 0) {
                    cut();
                }
            } catch (IOException e) {
                cut();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                cut();
            }
        }

        /// Answers in the server's place and ends the connection, in good order: what the client still sends is
        /// read, for a connection that is closed on unread bytes is reset, and the reply with it.
        private void refuse(String reply) throws IOException {
            refused = true;
            links.remove(this);
            try (client;
                    upstream) {
                client.getOutputStream().write(reply.getBytes(StandardCharsets.ISO_8859_1));
                client.shutdownOutput();
                client.setSoTimeout(LONGEST_REFUSAL);
                long _ = client.getInputStream().transferTo(OutputStream.nullOutputStream());
            } catch (SocketTimeoutException e) {
                // The client keeps its side open.
            }
        }

        private void cutAfterFault() {
            if (isOutage()) {
                links.forEach(Link::cut);
            }
            cut();
        }

        /// Resets the client's connection, as a network that breaks does, and closes the other one.
        void cut() {
            links.remove(this);
            if (refused) {
                return;
            }
            try (client;
                    upstream) {
                client.setSoLinger(true, 0);
            } catch (IOException e) {
                // It was closed already.
            }
        }
    }
}
