package dev.batchexports.server.api;

import static dev.batchexports.server.api.ApiClient.exportWithParameter;
import static dev.batchexports.server.api.ApiClient.hourlyExport;
import static dev.batchexports.server.api.ApiClient.texts;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Trying a connection out against the real S3 and the real ClickHouse.
class ConnectionTestRouteTest {
    private final ApiClient client = ApiClient.forNewProject();

    @Test
    void everyStepOfAGoodConnectionPasses() {
        JsonNode steps = client.post("test/", hourlyExport()).is(200).json().get("steps");

        assertThat(texts(steps, "status")).hasSizeGreaterThan(2).containsOnly("Passed");
        assertThat(texts(steps, "name")).startsWith("read_model");
        assertThat(steps.get(0).propertyNames())
                .containsExactlyInAnyOrder("name", "description", "status", "message", "fix");
    }

    @Test
    void nothingIsStored() {
        client.post("test/", hourlyExport()).is(200);

        assertThat(client.get("").json().get("results")).isEmpty();
    }

    @Test
    void aWrongSecretFailsItsStepAndSaysWhatToChange() {
        JsonNode steps = client.post("test/", exportWithParameter("aws_secret_access_key", "not-the-secret"))
                .is(200)
                .json()
                .get("steps");

        assertThat(texts(steps, "status")).contains("Passed", "Failed");
        JsonNode failed = steps.valueStream()
                .filter(step -> step.get("status").stringValue().equals("Failed"))
                .findFirst()
                .orElseThrow();
        assertThat(failed.get("fix").stringValue()).isNotBlank();
        assertThat(steps.toString()).doesNotContain("not-the-secret");
    }

    @Test
    void aModelThatCannotBeReadFailsItsStepWhileTheDestinationIsTriedAllTheSame() {
        Map<String, Object> body = hourlyExport();
        body.put("model", Map.of("table", "no_such_table"));

        JsonNode steps = client.post("test/", body).is(200).json().get("steps");

        assertThat(steps.get(0).get("status").stringValue()).isEqualTo("Failed");
        assertThat(steps.get(0).get("message").stringValue()).contains("no_such_table");
        assertThat(texts(steps, "status").subList(1, steps.size())).containsOnly("Passed");
    }

    @Test
    void absentSecretsAreTakenFromTheStoredExportOfTheSameProjectOnly() {
        String id = client.create(hourlyExport());
        Map<String, Object> body = hourlyExport();
        ApiClient.config(body).remove("aws_secret_access_key");
        body.put("id", id);

        JsonNode steps = client.post("test/", body).is(200).json().get("steps");
        assertThat(texts(steps, "status")).containsOnly("Passed");

        ApiClient.Answer foreign = ApiClient.forNewProject().post("test/", body).is(400);
        assertThat(foreign.errors()).containsOnlyKeys("/id");
        body.put("id", UUID.randomUUID().toString());
        assertThat(client.post("test/", body).is(400).errors()).containsOnlyKeys("/id");
        body.put("id", 5);
        assertThat(client.post("test/", body).is(400).errors()).containsOnlyKeys("/id");
    }

    @Test
    void anUnfinishedFormCanBeTried() {
        Map<String, Object> body = hourlyExport();
        body.keySet().retainAll(List.of("model", "destination"));

        client.post("test/", body).is(200);
    }

    @Test
    void aConfigurationThatCannotWorkIsRefusedAtItsFields() {
        Map<String, Object> body = exportWithParameter("bucket_name", "");
        body.put("surprise", 1);

        assertThat(client.post("test/", body).is(400).errors())
                .containsOnlyKeys("/destination/config/bucket_name", "/surprise");
    }
}
