package dev.batchexports.endtoend;

import dev.batchexports.core.interval.Interval;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/// A destination of a campaign, as its checker sees it: from outside, without the product.
interface Target {
    String name();

    /// The configuration of the export, to be sent to the API.
    Map<String, Object> export();

    /// Every row that is there for each interval, as [Table#rows] has it and as often as it is there. An
    /// interval that was not committed is absent.
    ///
    /// @param intervals by the uuid of each row that ClickHouse has
    /// @param all of them, in order of time: few enough for their rows to be held in memory
    Map<Interval, List<String>> rows(Map<UUID, Interval> intervals, List<Interval> all);

    /// Which faults this target's errors may come from that a person has to mend: the codes of these errors.
    Set<String> codesToMend();

    /// What a run has left behind that no reader wants, one sentence each.
    List<String> leftovers();
}
