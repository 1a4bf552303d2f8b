package dev.batchexports.endtoend;

import dev.batchexports.core.interval.Interval;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/// Compares what is at a destination with what ClickHouse has: for each interval the same rows, whole,
/// and each as often.
final class Checker {
    private static final int EXAMPLES = 3;

    /// How many intervals are compared at once: their rows are held in memory.
    private static final int AT_ONCE = 12;

    private final Table table;
    private final long project;

    Checker(Table table, long project) {
        this.table = table;
        this.project = project;
    }

    /// What a check has found.
    ///
    /// @param rows that were compared
    /// @param findings one sentence each
    record Result(long rows, List<String> findings) {}

    /// @param intervals in order of time
    Result check(Target target, List<Interval> intervals) {
        long rows = 0;
        List<String> findings = new ArrayList<>();
        for (int from = 0; from < intervals.size(); from += AT_ONCE) {
            Result some = checkSome(target, intervals.subList(from, Math.min(from + AT_ONCE, intervals.size())));
            rows += some.rows();
            findings.addAll(some.findings());
        }
        return new Result(rows, findings);
    }

    private Result checkSome(Target target, List<Interval> intervals) {
        Map<Interval, List<String>> expected = new HashMap<>();
        Map<UUID, Interval> byUuid = new HashMap<>();
        for (Interval interval : intervals) {
            List<String> rows = table.rows(project, interval.start(), interval.end());
            expected.put(interval, rows);
            rows.forEach(row -> byUuid.put(UUID.fromString(row.substring(0, row.indexOf('\t'))), interval));
        }
        Map<Interval, List<String>> found = target.rows(byUuid, intervals);
        List<String> findings = new ArrayList<>();
        long compared = 0;
        for (Interval interval : intervals) {
            List<String> rows = found.get(interval);
            if (rows == null) {
                findings.add(target.name() + ": " + interval + " was never committed");
            } else {
                List<String> wanted = expected.getOrDefault(interval, List.of());
                compared += wanted.size();
                findings.addAll(differences(target.name() + ": " + interval, wanted, rows));
            }
        }
        return new Result(compared, findings);
    }

    /// How two multisets differ, in words.
    static List<String> differences(String where, List<String> wanted, List<String> found) {
        Map<String, Integer> surplus = new HashMap<>();
        found.forEach(row -> surplus.merge(row, 1, Integer::sum));
        wanted.forEach(row -> surplus.merge(row, -1, Integer::sum));
        List<String> lost = new ArrayList<>();
        List<String> extra = new ArrayList<>();
        surplus.forEach((row, count) -> {
            if (count < 0) {
                lost.add(row);
            } else if (count > 0) {
                extra.add(row);
            }
        });
        List<String> findings = new ArrayList<>();
        if (!lost.isEmpty()) {
            findings.add("%s lost %d of %d rows, such as %s".formatted(where, lost.size(), wanted.size(), some(lost)));
        }
        if (!extra.isEmpty()) {
            findings.add("%s has %d rows twice or torn, such as %s".formatted(where, extra.size(), some(extra)));
        }
        return findings;
    }

    private static List<String> some(List<String> rows) {
        return rows.stream()
                .limit(EXAMPLES)
                .map(row -> row.substring(0, Math.min(60, row.length())))
                .toList();
    }
}
