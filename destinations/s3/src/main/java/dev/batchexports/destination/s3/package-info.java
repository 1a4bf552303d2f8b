/// The S3 destination, for AWS and compatible stores.
///
/// Start reading at [S3Transfer]: it says how an interval becomes visible, and why an older run or a
/// presumed dead worker cannot change what a later one committed. [SliceWriter] streams one slice,
/// [S3Bucket] is the only class that talks to the store, [S3Errors] says which of its errors a person
/// has to act on.
@NullMarked
package dev.batchexports.destination.s3;

import org.jspecify.annotations.NullMarked;
