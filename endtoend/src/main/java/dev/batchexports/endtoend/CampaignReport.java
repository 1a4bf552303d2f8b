package dev.batchexports.endtoend;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/// What a campaign did and found.
///
/// @param options of the command, beside seed, faults and time
/// @param state how far it is
/// @param faults that were to strike
/// @param time in which so many are tried
/// @param struck by kind
/// @param intervals over all destinations
/// @param rows that were compared, over all destinations
/// @param runs by trigger and status
/// @param recovery from the end of the faults until everything was settled
/// @param findings one sentence each; none when all is well
record CampaignReport(
        long seed,
        int faults,
        Duration time,
        String options,
        String state,
        Map<String, Count> struck,
        List<String> exports,
        int intervals,
        long rows,
        Map<String, Integer> runs,
        int attempts,
        int backfills,
        int retries,
        int cancellations,
        int unpaused,
        Duration recovery,
        List<String> findings) {

    /// How often a kind of fault hurt, and how often nothing passed that it could have hurt.
    record Count(int hurt, int missed) {
        Count plus(Count other) {
            return new Count(hurt + other.hurt, missed + other.missed);
        }
    }

    /// The command that repeats the campaign.
    String command() {
        return "./bx chaos --seed %d --faults %d --minutes %s%s"
                .formatted(
                        seed,
                        faults,
                        Double.toString(time.toMillis() / 60_000.0).replaceFirst("\\.0$", ""),
                        options);
    }

    int hurt() {
        return hurt(struck);
    }

    static int hurt(Map<String, Count> struck) {
        return struck.values().stream().mapToInt(Count::hurt).sum();
    }

    private int missed() {
        return struck.values().stream().mapToInt(Count::missed).sum();
    }

    String markdown() {
        StringBuilder text = new StringBuilder();
        text.append("`").append(command()).append("`\n\n");
        text.append("| Figure | Value |\n|---|---|\n");
        row(text, "state", state);
        row(text, "faults that struck (tried)", hurt() + " (" + (hurt() + missed()) + ")");
        row(text, "destinations", exports.size());
        row(text, "intervals checked, over all destinations", intervals);
        row(text, "rows compared by content", rows);
        row(text, "runs by trigger and outcome", runs);
        row(text, "attempts that the slowest stages of these runs took", attempts);
        row(text, "backfills, retries, cancellations asked for", backfills + ", " + retries + ", " + cancellations);
        row(text, "pauses for failures in a row, ended by the visitor", unpaused);
        row(text, "from the last fault to everything settled", recovery.toSeconds() + " s");
        row(text, "findings", findings.size());
        findings.forEach(finding -> text.append("\n* ").append(finding));
        text.append("\n| Fault | Struck | Nothing passed that it could hurt |\n|---|---|---|\n");
        struck.forEach((kind, count) ->
                text.append("| %s | %d | %d |\n".formatted(kind.replace("|", "\\|"), count.hurt(), count.missed())));
        return text.toString();
    }

    private static void row(StringBuilder text, String figure, Object value) {
        text.append("| ").append(figure).append(" | ").append(value).append(" |\n");
    }
}
