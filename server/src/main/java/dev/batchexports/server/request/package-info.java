/// What a request may be and why it fails: field by field, not found, in conflict.
@NullMarked
package dev.batchexports.server.request;

import org.jspecify.annotations.NullMarked;
