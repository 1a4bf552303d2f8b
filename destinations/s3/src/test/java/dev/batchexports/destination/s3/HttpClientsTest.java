package dev.batchexports.destination.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.batchexports.core.destination.DestinationLimits;
import dev.batchexports.core.destination.HostResolver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.HttpExecuteResponse;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;

class HttpClientsTest {
    private static final DestinationLimits LIMITS = new DestinationLimits(10L << 20, Duration.ofSeconds(20));

    private final HttpClients clients = new HttpClients();

    @Test
    void sharesAClientAmongThoseWhoConnectAlikeAndWithNobodyElse() {
        DestinationLimits checked = LIMITS.withHosts(loopback());
        DestinationLimits checkedElsewhere = LIMITS.withHosts(loopback());
        try (HttpClients.Lease first = clients.checked(checked);
                HttpClients.Lease alike = clients.checked(checked);
                HttpClients.Lease otherwiseChecked = clients.checked(checkedElsewhere);
                HttpClients.Lease unchecked = clients.unchecked(checked);
                HttpClients.Lease morePatient =
                        clients.checked(new DestinationLimits(10L << 20, Duration.ofSeconds(30), checked.hosts()))) {
            assertThat(alike.client()).isSameAs(first.client());
            assertThat(alike.timer()).isSameAs(first.timer());
            assertThat(List.of(otherwiseChecked.client(), unchecked.client(), morePatient.client()))
                    .doesNotContain(first.client())
                    .doesNotHaveDuplicates();
        }
    }

    @Test
    void keepsAClientUntilItsLastUserIsGone() throws IOException {
        try (HttpStandIn store = new HttpStandIn(request -> new HttpStandIn.Answer(200, Map.of(), "ok"))) {
            URI url = URI.create(store.url());
            DestinationLimits limits = LIMITS.withHosts(loopback());
            HttpClients.Lease first = clients.checked(limits);
            HttpClients.Lease second = clients.checked(limits);
            first.close();
            assertThat(status(second.client(), url)).isEqualTo(200);
            assertThat(second.timer().isShutdown()).isFalse();
            second.close();
            assertThat(second.timer().isShutdown()).isTrue();
            assertThatThrownBy(() -> status(second.client(), url)).isInstanceOf(IllegalStateException.class);
            try (HttpClients.Lease third = clients.checked(limits)) {
                assertThat(status(third.client(), url)).isEqualTo(200);
            }
        }
    }

    @Test
    void reusesAConnectionAndAsksForAddressesBeforeItOpensOne() throws IOException {
        List<String> asked = new ArrayList<>();
        DestinationLimits limits = LIMITS.withHosts(host -> {
            asked.add(host);
            return List.of(InetAddress.getLoopbackAddress());
        });
        try (HttpStandIn store = new HttpStandIn(request -> new HttpStandIn.Answer(200, Map.of(), "ok"));
                HttpClients.Lease first = clients.checked(limits);
                HttpClients.Lease second = clients.checked(limits)) {
            URI url = URI.create(store.url().replace("127.0.0.1", "store.example.test"));
            assertThat(status(first.client(), url)).isEqualTo(200);
            assertThat(status(second.client(), url)).isEqualTo(200);
            assertThat(asked).containsExactly("store.example.test");
        }
    }

    @Test
    void leavesABucketOpenWhenAnotherOneIsClosed() throws InterruptedException {
        try (HttpStandIn store = new HttpStandIn(request -> new HttpStandIn.Answer(404, Map.of(), ""))) {
            S3Configuration configuration = configuration(store);
            try (S3Connection open = S3Connection.open(configuration, LIMITS, clients)) {
                S3Bucket bucket = new S3Bucket(open.client(), configuration);
                try (S3Connection closed = S3Connection.open(configuration, LIMITS, clients)) {
                    assertThat(new S3Bucket(closed.client(), configuration).find("a"))
                            .isEmpty();
                }
                // With a timer that was closed, it could not even be sent.
                assertThat(bucket.find("b")).isEmpty();
                assertThat(store.requests()).hasSize(2);
            }
        }
    }

    @Test
    void endsARequestThatTakesTooLong() {
        CountDownLatch over = new CountDownLatch(1);
        try (HttpStandIn store = new HttpStandIn(request -> {
            try {
                over.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return new HttpStandIn.Answer(200, Map.of(), "");
        })) {
            S3Configuration configuration = configuration(store);
            DestinationLimits impatient = new DestinationLimits(10L << 20, Duration.ofMillis(300));
            try (S3Connection connection = S3Connection.open(configuration, impatient, clients)) {
                assertThatThrownBy(() -> connection.client().headBucket(request -> request.bucket("exports")))
                        .isInstanceOf(SdkClientException.class);
            } finally {
                over.countDown();
            }
        }
    }

    @Test
    void opensNoConnectionToAHostThatIsNotAllowed() {
        DestinationLimits limits = LIMITS.withHosts(host -> {
            throw new UnknownHostException("not allowed");
        });
        try (HttpClients.Lease lease = clients.checked(limits)) {
            assertThatThrownBy(() -> status(lease.client(), URI.create("http://127.0.0.1:9")))
                    .isInstanceOf(UnknownHostException.class);
        }
    }

    private static S3Configuration configuration(HttpStandIn store) {
        return S3Store.configuration(Map.of(
                "bucket_name", "exports",
                "region", "us-east-1",
                "prefix", "{table}",
                "endpoint_url", store.url(),
                "aws_access_key_id", "key",
                "aws_secret_access_key", "secret"));
    }

    private static HostResolver loopback() {
        // A new one each time.
        return new HostResolver() {
            @Override
            public List<InetAddress> resolve(String host) {
                return List.of(InetAddress.getLoopbackAddress());
            }
        };
    }

    private static int status(SdkHttpClient client, URI url) throws IOException {
        HttpExecuteResponse response = client.prepareRequest(HttpExecuteRequest.builder()
                        .request(SdkHttpRequest.builder()
                                .uri(url)
                                .encodedPath("/")
                                .method(SdkHttpMethod.GET)
                                .build())
                        .build())
                .call();
        if (response.responseBody().isPresent()) {
            response.responseBody().get().readAllBytes();
            response.responseBody().get().close();
        }
        return response.httpResponse().statusCode();
    }
}
