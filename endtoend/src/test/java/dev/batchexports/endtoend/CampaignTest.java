package dev.batchexports.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchexports.testkit.FaultyProxy.Fault.At;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// The fault campaign, short; `./bx chaos` is the long one. The worker dies once at each crash point.
class CampaignTest {
    private static final long SEED = 7;
    private static final int FAULTS = 200;

    @Test
    void nothingIsLostTwiceTornOrLeftBehind() throws InterruptedException {
        CampaignLog log = new CampaignLog(System.out);

        CampaignReport report =
                new Campaign(Installation.get(), SEED, FAULTS, Duration.ofMinutes(2), log, _ -> {}).run();

        assertThat(report.findings()).as("repeat with %s", report.command()).isEmpty();
        assertThat(report.rows()).as(report.markdown()).isPositive();
        assertThat(report.hurt()).as(report.markdown()).isGreaterThanOrEqualTo(FAULTS);
    }

    @Test
    void theFaultsFollowFromTheSeed() {
        List<FaultPlan.Planned> plan = plan(3);

        assertThat(plan(3)).isEqualTo(plan);
        assertThat(plan(4)).isNotEqualTo(plan);
        assertThat(plan)
                .extracting(FaultPlan.Planned::fault)
                .anySatisfy(fault -> assertThat(fault)
                        .isInstanceOfSatisfying(
                                Fault.Disturb.class,
                                disturb -> assertThat(disturb.what())
                                        .isInstanceOfSatisfying(
                                                At.class,
                                                at -> assertThat(at.text()).isEqualTo("<CompleteMultipartUpload"))));
    }

    private static List<FaultPlan.Planned> plan(long seed) {
        return FaultPlan.of(seed, 200, Duration.ofMinutes(5), Set.of())
                .limit(300)
                .toList();
    }

    @Test
    void theCheckerSeesARowThatIsLostTwiceOrTorn() {
        assertThat(Checker.differences("here", List.of("a", "b"), List.of("b", "a")))
                .isEmpty();
        assertThat(Checker.differences("here", List.of("a", "b"), List.of("a"))).hasSize(1);
        assertThat(Checker.differences("here", List.of("a", "b"), List.of("a", "b", "b")))
                .hasSize(1);
        assertThat(Checker.differences("here", List.of("a", "b"), List.of("a", "B")))
                .hasSize(2);
    }
}
