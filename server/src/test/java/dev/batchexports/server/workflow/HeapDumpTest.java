package dev.batchexports.server.workflow;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.HotSpotDiagnosticMXBean;
import dev.batchexports.core.destination.DestinationLimits;
import dev.batchexports.core.destination.TestStep;
import dev.batchexports.destination.s3.S3DestinationType;
import dev.batchexports.server.Settings;
import dev.batchexports.server.exports.DestinationCatalog;
import dev.batchexports.server.exports.DestinationSettings;
import dev.batchexports.server.security.EndpointGuard;
import dev.batchexports.server.security.Keyring;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a dump of the living objects of a worker tells of the secret of a destination.
class HeapDumpTest {
    private final Components components = Components.get();

    @TempDir
    private Path folder;

    /// The other way round, so that this test itself holds no copy.
    private static byte[] reversed(String text) {
        return new StringBuilder(text).reverse().toString().getBytes(StandardCharsets.US_ASCII);
    }

    @Test
    void aDestinationThatIsIdleIsClosedAndItsSecretForgotten() throws IOException {
        byte[] canary = reversed("heap-" + UUID.randomUUID());
        AtomicReference<Instant> now = new AtomicReference<>(Instant.now());
        DestinationCatalog catalog = new DestinationCatalog(
                Keyring.parse(TestServer.KEY),
                new EndpointGuard(TestServer.settings(Settings.Role.WORKER, 1, TestServer.KEY)),
                List.of(new S3DestinationType()));
        UUID export = UUID.randomUUID();
        DestinationSettings settings = sealed(catalog, export, canary);
        try (OpenDestinations destinations = new OpenDestinations(catalog, now::get)) {
            use(destinations, export, settings);
            assertThat(copiesInDump("open.hprof", canary)).isPositive();

            now.set(now.get().plus(OpenDestinations.LONGEST_IDLE).plusSeconds(1));
            destinations.closeIdle();

            assertThat(copiesInDump("closed.hprof", canary)).isZero();
        }
    }

    /// Apart, so that no variable of the test refers to the destination any more.
    private static void use(OpenDestinations destinations, UUID export, DestinationSettings settings) {
        DestinationLimits limits = new DestinationLimits(10 << 20, Duration.ofSeconds(30));
        try (OpenDestinations.Lease lease = destinations.open(export, settings, limits)) {
            assertThat(lease.destination().connectionTest())
                    .extracting(TestStep::status)
                    .contains(TestStep.Status.FAILED);
        }
    }

    private DestinationSettings sealed(DestinationCatalog catalog, UUID export, byte[] canary) {
        return catalog.seal(
                export,
                new S3DestinationType(),
                Map.of(
                        "bucket_name",
                        components.connections.s3Bucket(),
                        "region",
                        components.connections.s3Region(),
                        "endpoint_url",
                        components.connections.s3Endpoint(),
                        "aws_access_key_id",
                        components.connections.s3AccessKeyId(),
                        "aws_secret_access_key",
                        new StringBuilder(new String(canary, StandardCharsets.US_ASCII))
                                .reverse()
                                .toString()));
    }

    /// How often the text is in the memory, apart from one place: AWS's SDK keeps the keys that it signs with, by
    /// `<secret>-<region>-<service>`, in a cache of its own that nobody can empty.
    private int copiesInDump(String name, byte[] reversed) throws IOException {
        Path dump = folder.resolve(name);
        ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class).dumpHeap(dump.toString(), true);
        int copies = 0;
        try (InputStream bytes = new BufferedInputStream(Files.newInputStream(dump), 1 << 20)) {
            int matched = 0;
            for (int read = bytes.read(); read >= 0; read = bytes.read()) {
                if (matched == reversed.length) {
                    copies += read == '-' ? 0 : 1;
                    matched = 0;
                }
                if (read == reversed[reversed.length - 1 - matched]) {
                    matched++;
                } else {
                    matched = read == reversed[reversed.length - 1] ? 1 : 0;
                }
            }
        } finally {
            Files.delete(dump);
        }
        return copies;
    }
}
