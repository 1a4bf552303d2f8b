/// The REST API over HTTP, as outside programs see it.
@NullMarked
package dev.batchexports.server.api;

import org.jspecify.annotations.NullMarked;
