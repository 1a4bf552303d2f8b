package dev.batchexports.endtoend;

import dev.batchexports.testkit.FaultyProxy;
import dev.batchexports.testkit.FaultyProxy.Fault.At;
import dev.batchexports.testkit.FaultyProxy.Moment;
import java.time.Duration;
import java.util.Locale;

/// One thing that goes wrong during a campaign.
sealed interface Fault {
    /// SIGKILL, and a new start on the same data after a while.
    record Kill(Victim victim, Duration down) implements Fault {}

    /// SIGSTOP, and SIGCONT after a while.
    record Halt(Victim victim, Duration lasting) implements Fault {}

    /// The network breaks, for a while at most.
    record Disturb(Link link, FaultyProxy.Fault what, Duration lasting) implements Fault {}

    /// So many requests are refused, within a while at most.
    record Refuse(Link link, Refusal refusal, int times, Duration lasting) implements Fault {}

    /// The next request with this text is refused.
    record RefuseAt(Link link, Refusal refusal, String text, Duration patience) implements Fault {}

    /// SIGKILL of the processes that use a link at the moment in which a request with this text is under way.
    record KillAt(Link link, Moment moment, String text, Duration patience) implements Fault {}

    /// Whoever logs in to PostgreSQL as a destination is told that the password is wrong, for a while.
    record ExpirePassword(Duration lasting) implements Fault {}

    /// The clock of a process is wrong, and right again after a while.
    record JumpClock(Victim victim, Duration by, Duration lasting) implements Fault {}

    /// The file system of PostgreSQL has no byte left, for a while.
    record FillDisk(Duration lasting) implements Fault {}

    /// What the report counts by.
    default String kind() {
        return switch (this) {
            case Kill(Victim victim, Duration _) -> "kill " + word(victim);
            case Halt(Victim victim, Duration _) -> "halt " + word(victim);
            case Disturb(Link link, FaultyProxy.Fault what, Duration _) -> word(link.peer()) + ": " + name(what);
            case Refuse(Link link, Refusal refusal, int _, Duration _) -> word(link.peer()) + ": " + refusal.word();
            case RefuseAt(Link link, Refusal refusal, String text, Duration _) ->
                word(link.peer()) + ": " + refusal.word() + " at " + text;
            case KillAt(Link link, Moment moment, String text, Duration _) ->
                "kill who is at " + word(moment) + " of " + word(link.peer()) + " " + text;
            case ExpirePassword _ -> "destination: password expired";
            case JumpClock(Victim victim, Duration by, Duration _) ->
                "clock of " + word(victim) + (by.isNegative() ? " slow" : " fast");
            case FillDisk _ -> "disk of postgres full";
        };
    }

    /// Whether it goes on for all its time; otherwise it is over once it has struck.
    static boolean lasts(FaultyProxy.Fault what) {
        return switch (what) {
            case FaultyProxy.Fault.Silence _, FaultyProxy.Fault.Slow _, FaultyProxy.Fault.Outage _ -> true;
            case FaultyProxy.Fault.None _,
                    FaultyProxy.Fault.LoseRequest _,
                    FaultyProxy.Fault.LoseReply _,
                    FaultyProxy.Fault.CutAfterSent _,
                    FaultyProxy.Fault.Hold _,
                    At _,
                    FaultyProxy.Fault.Refuse _,
                    FaultyProxy.Fault.RefuseAt _ -> false;
        };
    }

    private static String name(FaultyProxy.Fault what) {
        return switch (what) {
            case FaultyProxy.Fault.None() -> "nothing";
            case FaultyProxy.Fault.LoseRequest _ -> "request lost";
            case FaultyProxy.Fault.LoseReply _ -> "reply lost";
            case FaultyProxy.Fault.CutAfterSent _ -> "cut after n bytes";
            case FaultyProxy.Fault.Hold _ -> "request held back";
            case At(Moment moment, String text, FaultyProxy.Deed _) -> word(moment) + " lost of " + text;
            case FaultyProxy.Fault.Refuse _, FaultyProxy.Fault.RefuseAt _ -> "refused";
            case FaultyProxy.Fault.Slow _ -> "slow";
            case FaultyProxy.Fault.Outage() -> "connections refused";
            case FaultyProxy.Fault.Silence() -> "silence";
        };
    }

    static String word(Enum<?> name) {
        return name.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
