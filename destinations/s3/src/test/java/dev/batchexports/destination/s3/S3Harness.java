package dev.batchexports.destination.s3;

import dev.batchexports.core.destination.Destination;
import dev.batchexports.core.destination.TransferContext;
import dev.batchexports.core.source.Encoding;
import dev.batchexports.testkit.DestinationHarness;
import dev.batchexports.testkit.SampleFile;
import dev.batchexports.testkit.SampleRow;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.opentest4j.TestAbortedException;
import software.amazon.awssdk.services.s3.model.MultipartUpload;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// S3 for the contract: the store of the tests, or a real account, whose connection nobody can break. A reader who
/// follows the rules reads the files that the manifest names.
final class S3Harness implements DestinationHarness {
    private final Optional<S3Store> store;
    private final BucketView bucket;
    private final String folder;
    private final Map<String, Object> parameters;

    private S3Harness(Optional<S3Store> store, BucketView bucket, String folder, Map<String, Object> parameters) {
        this.store = store;
        this.bucket = bucket;
        this.folder = folder;
        this.parameters = parameters;
    }

    S3Harness(S3Store store, Map<String, Object> parameters) {
        this(Optional.of(store), store.view(), "", parameters);
    }

    /// @param folder below which everything goes, with a slash at the end
    static S3Harness ofAccount(BucketView bucket, String folder, Map<String, Object> parameters) {
        return new S3Harness(
                Optional.empty(), bucket, folder, S3Store.with(parameters, "prefix", folder + "{table}/{year}"));
    }

    private S3Store store() {
        return store.orElseThrow(() -> new TestAbortedException("the connection to a real account cannot be broken"));
    }

    @Override
    public Rerun rerun() {
        return Rerun.REPLACES;
    }

    @Override
    public Destination open() {
        return S3Store.open(parameters);
    }

    @Override
    public Destination openAt(InetSocketAddress address) {
        return S3Store.open(S3Store.with(
                parameters, "endpoint_url", "http://" + address.getHostString() + ":" + address.getPort()));
    }

    @Override
    public Destination openWithWrongSecret() {
        return S3Store.open(S3Store.with(parameters, "aws_secret_access_key", S3Store.WRONG_SECRET));
    }

    @Override
    public Destination openWithMissingTarget() {
        return S3Store.open(S3Store.with(parameters, "bucket_name", "no-such-bucket-" + UUID.randomUUID()));
    }

    @Override
    public InetSocketAddress address() {
        return store().address();
    }

    @Override
    public List<String> secrets() {
        return List.of(String.valueOf(parameters.get("aws_secret_access_key")), S3Store.WRONG_SECRET);
    }

    @Override
    public void stopStore() {
        store().stopServer();
    }

    @Override
    public void startStore() {
        store().startServer();
    }

    @Override
    public List<SampleRow> visibleRows(TransferContext context) {
        List<SampleRow> rows = new ArrayList<>();
        bucket.read(stem(context) + "_manifest.json").ifPresent(manifest -> {
            for (JsonNode file : JsonMapper.shared().readTree(manifest).get("files")) {
                byte[] bytes = bucket.read(file.get("key").asString()).orElseThrow();
                rows.addAll(SampleFile.decode(bytes, encoding()));
            }
        });
        return rows;
    }

    @Override
    public List<String> visibleNames(TransferContext context) {
        return bucket.keys(stem(context));
    }

    @Override
    public List<String> leftovers(TransferContext context) {
        return bucket.uploads(stem(context)).stream().map(MultipartUpload::key).toList();
    }

    @Override
    public void expireLeftovers(TransferContext context) {
        bucket.uploads(stem(context)).forEach(bucket::abort);
    }

    private Encoding encoding() {
        return S3Store.configuration(parameters).encoding();
    }

    private String stem(TransferContext context) {
        return folder + context.modelName() + "/2026/" + context.run().interval();
    }
}
