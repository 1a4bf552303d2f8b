/// The metadata database: connection, migrations, JSON columns.
@NullMarked
package dev.batchexports.server.store;

import org.jspecify.annotations.NullMarked;
