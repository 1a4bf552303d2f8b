package dev.batchexports.destination.s3;

/// What an export asks of the store, with the IAM action that permits it: an identity that has these, and
/// the use of the key with aws:kms, can export.
enum S3Action {
    START_UPLOAD("s3:PutObject", "start the upload of"),
    UPLOAD_PART("s3:PutObject", "upload a part of"),
    COMPLETE_UPLOAD("s3:PutObject", "complete the upload of"),
    ABORT_UPLOAD("s3:AbortMultipartUpload", "abort an upload of"),
    LIST_PARTS("s3:ListMultipartUploadParts", "list the uploaded parts of"),
    LIST_UPLOADS("s3:ListBucketMultipartUploads", "list the unfinished uploads below"),
    WRITE("s3:PutObject", "write"),
    READ("s3:GetObject", "read"),
    DELETE("s3:DeleteObject", "delete"),
    LIST("s3:ListBucket", "list the files below");

    private final String permission;
    private final String words;

    S3Action(String permission, String words) {
        this.permission = permission;
        this.words = words;
    }

    /// The IAM action: `s3:PutObject`.
    String permission() {
        return permission;
    }

    /// What it does, to be followed by a key: `upload a part of`.
    String words() {
        return words;
    }

    /// Whether the permission is granted on the bucket itself rather than on the objects in it.
    boolean isOnBucket() {
        return switch (this) {
            case LIST, LIST_UPLOADS -> true;
            case START_UPLOAD, UPLOAD_PART, COMPLETE_UPLOAD, ABORT_UPLOAD, LIST_PARTS, WRITE, READ, DELETE -> false;
        };
    }
}
