/// The Snowflake destination.
///
/// Start reading at [SnowflakeTransfer]: it says how an interval becomes visible, and why an older run or a
/// presumed dead worker cannot change what a later one committed. [Ledger] holds the SQL of that,
/// [ColumnLoad] says which type a column gets, [Session] is the only class that talks to Snowflake,
/// [SnowflakeErrors] says which of its errors a person has to act on.
@NullMarked
package dev.batchexports.destination.snowflake;

import org.jspecify.annotations.NullMarked;
