import numpy as np
import pytest

from toylab.errors import InputError
from toylab.solution import Status
from toylab.solvers.network import CertifiedGap, Judgement, Schedule
from toylab.solvers.network.polish import after, best_scale_and_offset


@pytest.mark.parametrize("rise", [1e-3, 1.0, 1e3])
def test_wasserstein_scale_in_closed_form(rise):
    """min over s of −s rise + λ s² k² is at rise / (2 λ k²)."""
    weight, steepest = 0.3 * rise, 2.0
    scale, _ = best_scale_and_offset(lambda s, c: -s * rise + weight * (s * steepest) ** 2, spread=1.0)
    assert scale == pytest.approx(1 / (2 * 0.3 * 4.0), rel=1e-6)


def test_offset_of_a_curved_loss():
    # fake value 0 and real value 3: softplus(c) + softplus(−3 s − c) + s² is least at c = −3 s/2
    scale, offset = best_scale_and_offset(
        lambda s, c: float(np.logaddexp(0, c) + np.logaddexp(0, -3 * s - c) + s**2), spread=3.0
    )
    assert offset == pytest.approx(-1.5 * scale, abs=1e-6)
    assert 1.5 / (1 + np.exp(1.5 * scale)) * 2 == pytest.approx(2 * scale, rel=1e-5)


def test_a_kinked_objective_that_overflows():
    def objective(s, c):
        return float(abs(s - 2) + abs(c + 0.5)) if abs(s) < 5 else np.inf

    assert best_scale_and_offset(objective, spread=1.0) == pytest.approx((2.0, -0.5), abs=1e-6)


def test_polishes_compose():
    def seen(scale, offset):
        value = 5.0
        return 10 * (scale * value + offset)

    # first 2 f + 1, then 3 (2 f + 1) − 4
    assert after(seen, 2.0, 1.0)(3.0, -4.0) == 10 * (3 * (2 * 5 + 1) - 4)


def test_questions_grow_apart():
    stopping = CertifiedGap(first=100, growth=1.5)
    asked = [step for step in range(1, 1000) if stopping.asks_at(step)]
    assert asked == [100, 150, 225, 337, 506, 759]


def test_both_gap_and_excess_must_be_small():
    stopping = CertifiedGap(relative_gap=0.1, relative_excess=0.2)
    for gap, excess, expected in ((0.1, 0.2, Status.CONVERGED), (0.11, 0.0, None), (0.0, 0.21, None)):
        assert stopping.done(Judgement(step=1, relative_gap=gap, relative_excess=excess)) is expected
    assert stopping.done(Judgement(step=1, relative_gap=np.nan, relative_excess=0.0)) is None


@pytest.mark.parametrize("settings", [{"relative_gap": -1.0}, {"growth": 1.0}, {"first": 0}], ids=repr)
def test_impossible_stopping_is_refused(settings):
    with pytest.raises(InputError):
        CertifiedGap(**settings)


def test_schedule_ends():
    schedule = Schedule(steps=100, learning_rate=0.1, ramp=0.3, ramp_start=0.1)
    assert schedule.rate(0) == pytest.approx(0.1)
    assert 0 < schedule.rate(99) < 1e-4
    assert schedule.penalty_share(0) == pytest.approx(0.1)
    assert schedule.penalty_share(15) == pytest.approx(0.55)
    assert schedule.penalty_share(30) == schedule.penalty_share(99) == 1.0
    assert Schedule(ramp=0.0).penalty_share(0) == 1.0
