/// The REST API.
@NullMarked
package dev.batchexports.server.api;

import org.jspecify.annotations.NullMarked;
