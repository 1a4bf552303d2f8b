package dev.batchexports.server.request;

/// One thing that is wrong with a request.
///
/// @param pointer JSON pointer (RFC 6901) to the field: `/destination/config/bucket_name`; of a query
///     parameter: `/limit`
/// @param message what is wrong and what is expected, never with a secret's value
public record Violation(String pointer, String message) {}
