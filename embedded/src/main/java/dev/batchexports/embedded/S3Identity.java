package dev.batchexports.embedded;

import java.util.List;

/// A further user of the embedded S3, for example one that may read but not write.
///
/// @param name unique among the identities
/// @param actions SeaweedFS actions such as `Read`, `Write`, `List`, `Tagging` or `Admin`, each for everything
/// (`Read`), for
///     a bucket (`Read:bucket`) or for a prefix, which must end in a star (`Write:bucket/prefix/*`)
public record S3Identity(String name, String accessKeyId, String secretAccessKey, List<String> actions) {
    public S3Identity {
        if (name.isBlank() || accessKeyId.isBlank() || secretAccessKey.isBlank()) {
            throw new IllegalArgumentException(
                    "An S3 identity needs a name, an access key id and a secret access key.");
        }
        actions = List.copyOf(actions);
    }

    /// Names the user only: the secret stays out of logs.
    @Override
    public String toString() {
        return "S3Identity[" + name + "]";
    }
}
