/// The PostgreSQL destination, for PostgreSQL 13 and newer.
///
/// Start reading at [PostgresTransfer]: it says how an interval becomes visible in one transaction, and
/// why an older run or a presumed dead worker cannot change what a later one committed. [SliceCopy]
/// streams one slice into a staging table, [TargetTable] makes the table or says what is wrong with the
/// one that is there, [Ledger] remembers what was committed, [PostgresErrors] says which errors a person
/// has to act on.
@NullMarked
package dev.batchexports.destination.postgres;

import org.jspecify.annotations.NullMarked;
