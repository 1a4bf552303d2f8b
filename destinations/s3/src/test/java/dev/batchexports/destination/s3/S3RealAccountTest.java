package dev.batchexports.destination.s3;

import dev.batchexports.testkit.DestinationContract;
import dev.batchexports.testkit.DestinationHarness;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/// The contract against AWS, or another store, where the environment names a bucket: `BX_TEST_S3_` and the name of the
/// parameter in upper case. Every test writes below a folder of its own and removes it.
@EnabledIfEnvironmentVariable(named = "BX_TEST_S3_BUCKET_NAME", matches = ".+")
class S3RealAccountTest extends DestinationContract {
    private static final List<String> PARAMETERS = List.of(
            "bucket_name", "region", "endpoint_url", "aws_access_key_id", "aws_secret_access_key", "aws_session_token");

    private final Map<String, Object> parameters = parameters();
    private final String folder = "batch-exports-contract/" + UUID.randomUUID() + "/";
    private final S3Connection connection =
            S3Connection.open(S3Store.configuration(parameters), S3Store.LIMITS, new HttpClients());
    private final BucketView bucket =
            new BucketView(connection.client(), String.valueOf(parameters.get("bucket_name")));

    private static Map<String, Object> parameters() {
        Map<String, Object> parameters = new LinkedHashMap<>();
        for (String parameter : PARAMETERS) {
            String value = System.getenv("BX_TEST_S3_" + parameter.toUpperCase(Locale.ROOT));
            if (value != null) {
                parameters.put(parameter, value);
            }
        }
        parameters.put("prefix", "any");
        return parameters;
    }

    @AfterEach
    void tidyUp() {
        bucket.uploads(folder).forEach(bucket::abort);
        bucket.keys(folder).forEach(bucket::delete);
        connection.close();
    }

    @Override
    protected DestinationHarness harness() {
        return S3Harness.ofAccount(bucket, folder, parameters);
    }
}
