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
                new Campaign(Installation.get(), SEED, FAULTS, Duration.ofMinutes(4), log, _ -> {}).run();

        assertThat(report.findings()).as("repeat with %s", report.command()).isEmpty();
        assertThat(report.rows()).as(report.markdown()).isPositive();
        // On a busy machine processes start slowly, and many faults meet no request that they could hurt.
        assertThat(report.hurt()).as(report.markdown()).isGreaterThan(FAULTS / 2);
    }

    @Test
    void theFaultsFollowFromTheSeed() {
        List<FaultPlan.Planned> plan = FaultPlan.of(3, 200, Duration.ofMinutes(5), Set.of());

        assertThat(FaultPlan.of(3, 200, Duration.ofMinutes(5), Set.of())).isEqualTo(plan);
        assertThat(FaultPlan.of(4, 200, Duration.ofMinutes(5), Set.of())).isNotEqualTo(plan);
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
