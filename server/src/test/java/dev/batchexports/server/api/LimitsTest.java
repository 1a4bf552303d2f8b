package dev.batchexports.server.api;

import static dev.batchexports.server.api.ApiClient.exportWithParameter;
import static dev.batchexports.server.api.ApiClient.hourlyExport;
import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.server.TestServer;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.springframework.context.ConfigurableApplicationContext;

/// What a server refuses unless its operator allows it.
class LimitsTest {
    private static final ConfigurableApplicationContext STRICT = TestServer.get()
            .startAnother(Map.of("bx.limits.allow-private-endpoints", false, "bx.limits.allow-query-models", false));

    private final ApiClient client = new ApiClient(
            TestServer.url(STRICT), TestServer.TOKEN, TestServer.get().newProject());

    @AfterAll
    static void stopStrictServer() {
        STRICT.close();
    }

    @Test
    void anEndpointThatOnlyThisMachineReachesIsRefusedAtItsField() {
        for (String url :
                new String[] {"http://127.0.0.1:9000", "http://169.254.169.254", "http://[::ffff:10.0.0.1]"}) {
            Map<String, Object> body = exportWithParameter("endpoint_url", url);

            assertThat(client.post("", body).is(400).errors()).containsOnlyKeys("/destination/config/endpoint_url");
            assertThat(client.post("test/", body).is(400).errors())
                    .containsOnlyKeys("/destination/config/endpoint_url");
        }
    }

    @Test
    void anEndpointCannotBeChangedIntoSuchAnAddressEither() {
        Map<String, Object> body = hourlyExport();
        ApiClient.config(body).remove("endpoint_url");
        String id = client.create(body);

        assertThat(client.patch(
                                id + "/",
                                Map.of(
                                        "destination",
                                        Map.of("config", Map.of("endpoint_url", "http://localhost:9000"))))
                        .is(400)
                        .errors())
                .containsOnlyKeys("/destination/config/endpoint_url");
    }

    @Test
    void anExportCanAlwaysBePaused() {
        Map<String, Object> body = hourlyExport();
        ApiClient.config(body).remove("endpoint_url");
        String id = client.create(body);

        client.post(id + "/pause/", Map.of()).is(200);
        client.post(id + "/unpause/", Map.of()).is(200);
    }

    @Test
    void aQueryOfTheUsersOwnIsRefused() {
        Map<String, Object> body = hourlyExport();
        ApiClient.config(body).remove("endpoint_url");
        body.put("model", Map.of("query", "SELECT * FROM events", "landing_time_column", "inserted_at"));

        assertThat(client.post("", body).is(400).errors()).containsOnlyKeys("/model/query");
    }

    /// Each server of these tests has an encryption key of its own.
    @Test
    void secretsOfAnotherKeyAreToldInASentence() {
        ApiClient main = ApiClient.forNewProject();
        String id = main.create(hourlyExport());
        ApiClient other = new ApiClient(TestServer.url(STRICT), TestServer.TOKEN, main.project());

        ApiClient.Answer refused =
                other.patch(id + "/", Map.of("destination", Map.of("config", Map.of("prefix", "x"))));

        assertThat(refused.is(503).json().get("code").stringValue()).isEqualTo("secrets_unreadable");
        assertThat(refused.json().get("detail").stringValue()).contains("BX_ENCRYPTION_KEYS");
        other.get(id + "/").is(200);
    }

    @Test
    void shortIntervalsAreRefused() {
        Map<String, Object> body = hourlyExport();
        ApiClient.config(body).remove("endpoint_url");
        body.put("interval", "every 10 seconds");

        assertThat(client.post("", body).is(400).errors()).containsOnlyKeys("/interval");
    }
}
