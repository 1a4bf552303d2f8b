/// The whole product, as its own processes over the real components: what users rely on, with something
/// killed.
@NullMarked
package dev.batchexports.endtoend;

import org.jspecify.annotations.NullMarked;
