package dev.batchexports.destination.s3;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.core.destination.SliceReceipt;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SliceUploadTest {
    private static final List<S3Bucket.Part> PARTS = List.of(
            new S3Bucket.Part(1, 100, "\"a\""), new S3Bucket.Part(2, 100, "\"b\""), new S3Bucket.Part(3, 30, "\"c\""));
    private static final SliceUpload UPLOAD = new SliceUpload(
            new S3Bucket.Upload("key", "id"), "token", 3, 100, SliceUpload.digest(PARTS), 7, 12, 230, "crc32c:0");

    @Test
    void survivesTheWayThroughAReceipt() {
        assertThat(SliceUpload.of(UPLOAD.receipt())).hasValue(UPLOAD);
    }

    @Test
    void isAbsentForASliceWithoutRows() {
        assertThat(SliceUpload.of(new SliceReceipt(0, 0, 0, "crc32c:0", Map.of())))
                .isEmpty();
    }

    @Test
    void knowsItsParts() {
        assertThat(UPLOAD.consistsOf(PARTS)).isTrue();
    }

    /// Some stores quote ETags in one answer and not in the other.
    @Test
    void knowsItsPartsByETagsWithoutQuotes() {
        assertThat(UPLOAD.consistsOf(PARTS.stream()
                        .map(part -> new S3Bucket.Part(
                                part.number(), part.bytes(), part.etag().replace("\"", "")))
                        .toList()))
                .isTrue();
    }

    @Test
    void noticesAPartThatIsMissingCutChangedOrNew() {
        assertThat(UPLOAD.consistsOf(List.of())).isFalse();
        assertThat(UPLOAD.consistsOf(PARTS.subList(0, 2))).isFalse();
        assertThat(UPLOAD.consistsOf(with(new S3Bucket.Part(2, 99, "\"b\"")))).isFalse();
        assertThat(UPLOAD.consistsOf(with(new S3Bucket.Part(2, 100, "\"x\"")))).isFalse();
        assertThat(UPLOAD.consistsOf(with(new S3Bucket.Part(4, 100, "\"b\"")))).isFalse();
    }

    @Test
    void knowsTheObjectItBecameByItsToken() {
        assertThat(UPLOAD.became(new S3Bucket.Found(230, Map.of("batch-exports-token", "token"))))
                .isTrue();
        assertThat(UPLOAD.became(new S3Bucket.Found(230, Map.of("batch-exports-token", "other"))))
                .isFalse();
        assertThat(UPLOAD.became(new S3Bucket.Found(229, Map.of("batch-exports-token", "token"))))
                .isFalse();
        assertThat(UPLOAD.became(new S3Bucket.Found(230, Map.of()))).isFalse();
    }

    private static List<S3Bucket.Part> with(S3Bucket.Part second) {
        return List.of(PARTS.get(0), second, PARTS.get(2));
    }
}
