"""Claims on densities and on sets: their evidence worked out from Gaussian formulas, point by point."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy import stats
from scipy.special import ndtr

from tests.claims import subjects
from tests.claims.subjects import ROUNDING, agree, diracs, made
from toylab import claims, losses
from toylab.claims.certified import AssumedOptimal, Certified
from toylab.claims.densities import fisher, mode_collapse, perfect_discrimination
from toylab.claims.densities.local_objectives import _value_rounding, probes, worlds
from toylab.claims.densities.mode_collapse import REAL, Modes, _summands, fraction_towards, modes
from toylab.distributions import Gaussian, Masses, Mixture, Segment, UniformBox
from toylab.divergences import DensityPair, FisherIPM, JensenShannon, Uniform, UnrestrictedLoss, WassersteinOnLine
from toylab.generators import PerfectDiscriminator
from toylab.manifolds import ManifoldPair
from toylab.measures import DiscreteMeasure
from toylab.problem import LipschitzPenalty
from toylab.regularizers import Unrestricted

EPS = ROUNDING / 64
FAKE, REALS = Gaussian([0.3], 1.0), Gaussian([1.0], 1.5)
VANILLA = UnrestrictedLoss(losses.logistic())
LEAST_SQUARES = UnrestrictedLoss(losses.quadratic(0.0, 1.0))


def hypothesis(claim, name):
    return next(h for h in claims.get(claim).hypotheses if h.name == name)


def normal(z, mean, scale):
    return stats.norm.pdf(z, mean, scale)


# --- finite measures ---


@pytest.mark.parametrize("name", ["on_one_support", "on_one_support*", "equal", "equal*", "moved_in_a_ball*"])
def test_without_restriction_a_value_is_that_of_its_own_masses(name):
    """Logistic: ln(q/p), 0 where they are equal; ∓∞ and 1 as the unit where a point is on one side alone."""
    known = Certified(subjects.of(name))
    p, q = (side[known.carried] for side in (known.candidate.problem.support.fake_weights,
                                             known.candidate.problem.support.real_weights))  # fmt: skip
    evidence = claims.get("lgan.section-3.1").measure(subjects.of(name))
    if name.startswith("moved"):
        assert (np.isinf(evidence.arrays["alone"])).all()
        assert (evidence.scale == 1.0).all()
        return
    alone = np.log(q / p)
    size = np.abs(alone).max() or 1.0
    np.testing.assert_allclose(evidence.residual, np.abs(known.values - alone), rtol=1e-9, atol=1e-14)
    agree(
        evidence, error=known.value_error + ROUNDING * (size + np.abs(known.values)), resolution=1e-3 * size,
        scale=size, labels=[known.name(i) for i in range(len(p))], value=known.values, fake_mass=p, real_mass=q,
    )  # fmt: skip


def test_least_squares_want_their_targets_on_disjoint_supports():
    """Targets 0 and 1: the size is 1; with both 0 there is no size, and 1 is the unit."""
    one = diracs(losses.quadratic(0.0, 1.0), Unrestricted(), 0.5, 0.0)
    agree(claims.get("lgan.section-3.1").measure(AssumedOptimal.taking(one)), residual=[0.25, 0.75], scale=1.0,
          error=ROUNDING * np.array([1.25, 1.25]), alone=[0.0, 1.0])  # fmt: skip
    flat = diracs(losses.quadratic(0.0, 0.0), Unrestricted(), 0.5, 0.0)
    agree(claims.get("lgan.section-3.1").measure(AssumedOptimal.taking(flat)), residual=[0.25, 0.25], scale=1.0,
          resolution=1e-3, error=ROUNDING * np.array([1.25, 1.25]))  # fmt: skip


# --- densities ---


def test_probes_lie_within_three_widths_where_densities_are_comparable():
    steps = np.array([-0.9, -0.4, 0.1, 0.6])
    pair = DensityPair(Gaussian([0.3], 1.0), UniformBox([1.0], [2.0]), VANILLA)
    expected = [*(0.3 + 3 * steps), *(1.0 + 2 * steps)]
    inside = [z for z in expected if -1.0 <= z <= 3.0]  # beyond the box there are no reals
    np.testing.assert_allclose(probes(pair)[:, 0], inside, rtol=1e-12)
    apart = DensityPair(Gaussian([0.0], 1.0), Gaussian([30.0], 1.0), VANILLA)
    assert not len(probes(apart))
    assert len(claims.get("lgan.section-3.1.densities").measure(apart)) == 0
    at_30 = [z for z in 3 * steps if abs(-0.5 * z**2 + 0.5 * (z - 9.0) ** 2) <= 30]
    found = probes(DensityPair(Gaussian([0.0], 1.0), Gaussian([9.0], 1.0), VANILLA))[:, 0]
    assert [z for z in found if z < 4] == pytest.approx(at_30)
    plane = DensityPair(Gaussian([0.0, 1.0], 1.0), Gaussian([0.0, 1.0], 2.0), VANILLA)
    assert len(probes(plane)) == 32


def test_two_worlds_agree_at_the_probes_and_nowhere_else():
    """Boxes of half side 1 at ±(reach + 2) hold half of the mass, reach the furthest of eight widths."""
    left = Gaussian([-2.0], 1.5)
    first, second = worlds(DensityPair(FAKE, left, VANILLA))
    reach = 2.0 + 8 * 1.5
    both: Any = ((first, (-1, 1)), (second, (1, -1)))
    for world, (low, high) in both:
        for side, own, sign in ((world.fake, FAKE, low), (world.real, left, high)):
            assert side.components[0] is own
            assert side.components[1].centre.tolist() == [sign * (reach + 2.0)]
            assert side.components[1].half_side.tolist() == [1.0]
            np.testing.assert_allclose(side.weights, [0.5, 0.5])


@pytest.mark.parametrize(
    "objective", [VANILLA, LEAST_SQUARES, UnrestrictedLoss(losses.exponential())], ids=lambda o: o.name
)
def test_rounding_of_a_value_is_that_of_its_equation(objective):
    """h' = p φ' + q ϕ' up to 64 roundings of its terms over h'', and ln p, ln q through pq(φ' − ϕ')/((p + q) h'')."""
    pair, t = objective.losses, np.array([-1.0, 0.2, 2.0])
    log_p, log_q = np.array([-1.0, -3.0, -2.0]), np.array([-2.0, -2.5, -2.0])
    p, q = (np.exp(logs - np.maximum(log_p, log_q)) for logs in (log_p, log_q))
    fake, real = np.abs(pair.fake_loss.slope(t)), np.abs(pair.real_loss.slope(t))
    curved = p * pair.fake_loss.curvature(t) + q * pair.real_loss.curvature(t)
    by_logs = p * q / (p + q) * (fake + real) * (1 + np.abs(log_p) + np.abs(log_q))
    expected = ROUNDING * ((p * fake + q * real + by_logs) / curved + 1 + np.abs(t))
    np.testing.assert_allclose(_value_rounding(pair, t, log_p, log_q), expected, rtol=1e-12)


@pytest.mark.parametrize("objective", [VANILLA, LEAST_SQUARES], ids=lambda o: o.name)
def test_densities_at_a_point_decide_the_value_and_the_gradient(objective):
    pair = DensityPair(FAKE, REALS, objective)
    z = probes(pair)[:, 0]
    evidence = claims.get("lgan.section-3.1.densities").measure(pair)
    p, q = normal(z, 0.3, 1.0), normal(z, 1.0, 1.5)
    value = np.log(q / p) if objective is VANILLA else q / (p + q)
    rounding = _value_rounding(objective.losses, value, np.log(p), np.log(q))
    ratio_slope = (z - 0.3) - (z - 1.0) / 1.5**2  # of ln q − ln p; halves do not change it where the boxes are not
    steep = 1 + np.abs(ratio_slope * (1.0 if objective is VANILLA else p * q / (p + q) ** 2))
    world = worlds(pair)
    scores = sum(1 / width**2 for width in (1.0, 1.5))
    reach = np.ptp(z) + 1
    half = _value_rounding(objective.losses, value, np.log(p), np.log(q))
    count = len(z)
    assert len(evidence) == 2 * count
    assert (evidence.residual[:count] <= rounding).all()
    np.testing.assert_allclose(evidence.error[:count], rounding, rtol=1e-6)
    np.testing.assert_allclose(evidence.scale[:count], 1 + np.abs(value), rtol=1e-9)
    np.testing.assert_allclose(evidence.resolution[:count], 1e-6 * (1 + np.abs(value)), rtol=1e-9)
    np.testing.assert_allclose(evidence.error[count:], 4 * half * (steep + scores * reach), rtol=1e-6)
    np.testing.assert_allclose(evidence.scale[count:], steep, rtol=1e-6)
    np.testing.assert_allclose(evidence.resolution[count:], 1e-6 * (steep + scores * reach), rtol=1e-6)
    apart = [w.critic.gradient(z[:, None]) for w in world]
    np.testing.assert_allclose(evidence.residual[count:], np.abs(apart[0] - apart[1])[:, 0], atol=1e-15)
    assert evidence.labels[0].startswith("f* at (")
    assert evidence.labels[count].endswith("when mass elsewhere changes sides")


def test_a_critic_that_looks_elsewhere_shows_in_both_halves():
    evidence = claims.get("lgan.section-3.1.densities").measure(DensityPair(FAKE, REALS, WassersteinOnLine()))
    count = len(evidence) // 2
    critic = DensityPair(FAKE, REALS, WassersteinOnLine()).critic
    z = probes(DensityPair(FAKE, REALS, VANILLA))
    alone = np.log(normal(z[:, 0], 1.0, 1.5) / normal(z[:, 0], 0.3, 1.0))  # the logistic loss stands in
    np.testing.assert_allclose(evidence.residual[:count], np.abs(critic(z) - alone), rtol=1e-9)
    first, second = (world.critic.gradient(z)[:, 0] for world in worlds(DensityPair(FAKE, REALS, WassersteinOnLine())))
    np.testing.assert_allclose(evidence.residual[count:], np.abs(first - second))
    assert evidence.residual[count:].max() == 2.0


def test_which_objectives_are_local():
    local = hypothesis("lgan.section-3.1.densities", "no restriction")
    assert local.test(DensityPair(FAKE, REALS, VANILLA))
    assert not local.test(DensityPair(FAKE, REALS, UnrestrictedLoss(losses.hinge())))
    assert "the objective is none" in local.test(DensityPair(FAKE, REALS)).reasons[0]
    assert "'wasserstein'" in local.test(DensityPair(FAKE, REALS, WassersteinOnLine())).reasons[0]
    fisher = hypothesis("lgan.section-3.2", "Fisher objective")
    assert fisher.test(DensityPair(FAKE, REALS, FisherIPM(Uniform())))
    assert fisher.met(DensityPair(FAKE, REALS, FisherIPM(Uniform()))) == "μ is uniform"
    assert fisher.met(DensityPair(FAKE, REALS, FisherIPM(Gaussian([0.0], 6.0)))) == "μ is a fixed distribution"
    assert "the objective is none" in fisher.test(DensityPair(FAKE, REALS)).reasons[0]
    assert "moves with them" in fisher.test(DensityPair(FAKE, REALS, FisherIPM())).reasons[0]
    assert "agree" in fisher.test(DensityPair(FAKE, FAKE, FisherIPM(Uniform()))).reasons[0]
    assert "infinite" in fisher.test(DensityPair(FAKE, REALS, FisherIPM(Gaussian([0.0], 0.5)))).reasons[0]
    restricted = hypothesis("lgan.section-3.1", "no restriction")
    assert not restricted.test(subjects.of("apart"))
    assert restricted.test(diracs(losses.logistic(), Unrestricted(), 0.5, 0.0))


# --- Fisher ---


def overlap(first, second):
    """∫ N(z; a, s²) N(z; b, t²) dz."""
    return stats.norm.pdf(first[0] - second[0], scale=np.hypot(first[1], second[1]))


@pytest.mark.parametrize("wide", [False, True])
def test_fisher_is_the_difference_of_the_densities_over_mu(wide):
    mu = Gaussian([0.5], 6.0) if wide else Uniform()
    pair: Any = DensityPair(FAKE, REALS, FisherIPM(mu))
    z = probes(pair)[:, 0]
    p, q = normal(z, 0.3, 1.0), normal(z, 1.0, 1.5)
    m = normal(z, 0.5, 6.0) if wide else np.ones_like(z)
    total = pair.objective.value(pair.fake, pair.real)
    if not wide:  # F² = ∫ (q − p)²
        a, b = (0.3, 1.0), (1.0, 1.5)
        assert total.value == pytest.approx(np.sqrt(overlap(a, a) + overlap(b, b) - 2 * overlap(a, b)), rel=1e-9)
    evidence = claims.get("lgan.section-3.2").measure(pair)
    count = len(z)
    digits = 1 + np.abs(np.log(p)) + np.abs(np.log(q)) + np.abs(np.log(m))
    error = ROUNDING * digits * (p + q) + np.abs(q - p) * 2 * total.error / total.value
    assert (evidence.residual[:count] <= error).all()
    np.testing.assert_allclose(evidence.error[:count], error, rtol=1e-6)
    np.testing.assert_allclose(evidence.scale[:count], p + q, rtol=1e-9)
    np.testing.assert_allclose(evidence.resolution[:count], 1e-6 * (p + q), rtol=1e-9)
    middle = evidence.labels[count : count + 4]
    assert middle[:2] == ("E_real f* − E_fake f* − F", "E_μ f*² − 1")
    assert middle[2:] == (
        "sign(q − p) |q − p|^½, by how much it beats F",
        "sign(q − p) |q − p|², by how much it beats F",
    )
    np.testing.assert_allclose(evidence.scale[count : count + 4], total.value)
    np.testing.assert_allclose(evidence.resolution[count : count + 4], 1e-5)
    assert (evidence.residual[count + 2 : count + 4] == 0.0).all()
    assert (evidence.error[count : count + 4] >= total.error).all()
    assert (evidence.error[count : count + 4] < 1e-5 * total.value).all()
    share = (p + q) / 2 / m
    found = (q - p) / 2 / m
    both: Any = worlds(pair)
    worlds_of = [w.objective.value(w.fake, w.real) for w in both]
    far = 1 + np.abs(np.log(p / 2)) + np.abs(np.log(q / 2)) + np.abs(np.log(m))
    error = sum(ROUNDING * far * share + np.abs(found) * 2 * w.error / w.value for w in worlds_of)
    np.testing.assert_allclose(evidence.error[count + 4 :], error, rtol=1e-5)
    np.testing.assert_allclose(evidence.scale[count + 4 :], share, rtol=1e-9)
    np.testing.assert_allclose(evidence.resolution[count + 4 :], 1e-6 * share, rtol=1e-9)
    assert evidence.labels[count + 4].startswith("F f* at (")


def test_competitors_that_would_win_are_seen(monkeypatch):
    """A better critic than the one that is claimed: the gain of the rival less F, its errors from both integrals."""
    pair: Any = DensityPair(FAKE, REALS, FisherIPM(Uniform()))
    total = pair.objective.value(pair.fake, pair.real)
    small = replace(total, value=0.9 * total.value)
    evidence = fisher._fisher_value(pair, pair.objective, small)
    z = np.linspace(-12.0, 14.0, 400_001)
    step = z[1] - z[0]
    p, q = normal(z, 0.3, 1.0), normal(z, 1.0, 1.5)
    for at, power in ((2, 0.5), (3, 2.0)):
        f = np.sign(q - p) * np.abs(q - p) ** power
        best = ((q - p) * f).sum() * step / np.sqrt((f**2).sum() * step)
        assert evidence.residual[at] == pytest.approx(max(best - 0.9 * total.value, 0.0), rel=1e-6)
    assert evidence.residual[0] == pytest.approx(0.1 * total.value, rel=1e-6)


def test_without_probes_fisher_is_judged_as_a_whole():
    apart = DensityPair(Gaussian([0.0], 1.0), Gaussian([30.0], 1.0), FisherIPM(Uniform()))
    assert len(claims.get("lgan.section-3.2").measure(apart)) == 4


def test_wasserstein_stands_in_the_way_of_fisher():
    evidence = claims.get("lgan.section-3.2").measure(DensityPair(FAKE, REALS, WassersteinOnLine()))
    assert evidence.residual.max() > 0.1


# --- mode collapse ---


def arrangement(**changes):
    return Modes(**{"near": -1.0, "far": 2.0, "centre": 0.0, "scale": 0.5, "width": 0.5, "gaussian": True, **changes})


def test_the_place_where_the_far_mode_takes_over():
    """(A + B)/2 + σ² ln((m − A)/(B − m))/(B − A), where (A − m) N(x; A) + (B − m) N(x; B) = 0."""
    found = arrangement()
    assert found.switch == pytest.approx(0.5 + 0.25 * np.log(0.5) / 3.0, rel=1e-12)
    pull = -1.0 * normal(found.switch, -1.0, 0.5) + 2.0 * normal(found.switch, 2.0, 0.5)
    assert pull == pytest.approx(0.0, abs=1e-12)
    taken = ndtr(-found.switch / 0.5)
    assert found.drawn() == pytest.approx((ndtr(2.0) - taken, taken), rel=1e-12)
    assert arrangement(gaussian=False).drawn() == (1.0, 0.0)


def test_modes_are_read_from_two_equal_gaussians_on_the_line():
    found = modes(DensityPair(Gaussian([-0.75], 0.2), REAL))
    assert found == Modes(near=-1.25, far=1.0, centre=-0.75, scale=0.15, width=0.2, gaussian=True)
    box = modes(DensityPair(UniformBox([0.5], [0.3]), REAL))
    assert box == Modes(near=1.0, far=-1.25, centre=0.5, scale=0.15, width=0.3, gaussian=False)
    one, other = REAL.components
    others = [
        DensityPair(Gaussian([-0.75], 0.2), one),
        DensityPair(Gaussian([-0.75], 0.2), Mixture([one, other, one])),
        DensityPair(Gaussian([-0.75], 0.2), Mixture([one, UniformBox([1.0], [0.1])])),
        DensityPair(Gaussian([-0.75], 0.2), Mixture([UniformBox([1.0], [0.1]), one])),
        DensityPair(Mixture([one, other]), REAL),
        DensityPair(Gaussian([-0.75], 0.2), Mixture([one, Gaussian([1.0], 0.2)])),
        DensityPair(Gaussian([-0.75], 0.2), Mixture([one, other], [0.4, 0.6])),
        DensityPair(Gaussian([0.0, 0.0], 1.0), Mixture([Gaussian([1.0, 0.0], 1.0), Gaussian([-1.0, 0.0], 1.0)])),
    ]
    assert [modes(pair) for pair in others] == [None] * len(others)


@pytest.mark.parametrize(
    ("fake", "scale", "holds"),
    [
        (Gaussian([-0.75], 0.15), 0.15, True), (Gaussian([-1.3], 0.15), 0.15, False),
        (Gaussian([1.1], 0.15), 0.15, False), (Gaussian([-1.25], 0.15), 0.15, False),
        (Gaussian([-0.75], 0.5624), 0.5624, True), (Gaussian([-0.75], 0.5626), 0.5626, False),
        (UniformBox([-0.75], [0.3]), 0.15, True), (UniformBox([-0.75], [0.324]), 0.15, True),
        (UniformBox([-0.75], [0.326]), 0.15, False), (UniformBox([0.5], [0.32]), 0.15, True),
    ],
)  # fmt: skip
def test_fakes_stand_between_modes_that_are_four_widths_apart(fake, scale, holds):
    """The middle is −.125: uniform fakes at −.75 may reach to two widths, .3, from it: .625 − w ≥ .3."""
    real = Mixture([Gaussian([-1.25], scale), Gaussian([1.0], scale)])
    assert bool(hypothesis("iclr.section-4.2", "two modes as wide as the fakes").test(DensityPair(fake, real))) is holds


def test_far_fakes_are_three_widths_off():
    far = next(h for c in claims.ALL for h in c.hypotheses if h.name == "fakes beside the mode")
    for centre, holds in ((-0.799, True), (-0.801, False)):
        assert bool(far.test(DensityPair(Gaussian([centre], 0.15), REAL))) is holds
    assert far.test(DensityPair(UniformBox([-1.2], [0.1]), REAL))
    assert far.test(DensityPair(FAKE, REALS))


@pytest.mark.parametrize(
    "objective", [VANILLA, LEAST_SQUARES, FisherIPM(Uniform()), WassersteinOnLine()], ids=lambda o: o.name
)
@pytest.mark.parametrize(
    "fake", [Gaussian([-0.75], 0.15), Gaussian([-1.15], 0.15), UniformBox([-0.75], [0.25])], ids=str
)
def test_a_fraction_is_known_up_to_the_mass_near_its_crossings(fake, objective):
    """Around each change of sign the fakes' mass where the slope is within 256 roundings; and the tails."""
    pair = DensityPair(fake, REAL, objective)
    box = isinstance(fake, UniformBox)
    centre = float((fake.centre if box else fake.mean)[0])
    low, high = (centre - 0.25, centre + 0.25) if box else (centre - 9 * 0.15, centre + 9 * 0.15)
    z = np.linspace(low, high, 6001)
    towards = lambda x: pair.critic.gradient(np.atleast_1d(x)[:, None])[:, 0] * (-1.25 - np.atleast_1d(x))  # noqa: E731
    height = towards(z)
    error = ROUNDING + 2 * ndtr(-9.0)
    fraction, error_found = fraction_towards(pair, -1.25)
    breaks = []
    for at in np.flatnonzero(height[:-1] * height[1:] < 0):
        a, b = z[at], z[at + 1]
        for _ in range(100):
            middle = 0.5 * (a + b)
            a, b = (middle, b) if towards(middle)[0] * height[at] > 0 else (a, middle)
        breaks.append(0.5 * (a + b))
    length = high - low
    for place in breaks:
        step = 1e-7 * length
        steep = abs(towards(place + step)[0] - towards(place - step)[0]) / (2 * step)
        noise = 4 * ROUNDING * float(_summands(pair, np.array([[place]]))[0]) * length
        density = float(fake.density(np.array([[place]]))[0])
        error += density * (noise / steep + ROUNDING * (abs(place) + 1))
    beyond = ROUNDING + 2 * ndtr(-9.0)
    assert error_found - beyond == pytest.approx(error - beyond, rel=1e-3, abs=1e-19)
    cdf = (lambda x: np.clip((x - low) / length, 0, 1)) if box else lambda x: ndtr((x - centre) / 0.15)
    ends = [low, *breaks, high]
    inside = sum(cdf(b) - cdf(a) for a, b in pairwise(ends) if towards(0.5 * (a + b))[0] > 0)
    assert fraction == pytest.approx(inside / (cdf(high) - cdf(low)), abs=1e-9)


def test_terms_of_a_slope():
    """Vanilla: |ln q − ln p|' is a difference of scores; Fisher: of p and q times theirs, over F; else 1."""
    z = np.array([[0.4], [-1.0]])
    p, q = normal(z[:, 0], 0.3, 1.0), normal(z[:, 0], 1.0, 1.5)
    scores = np.abs(z[:, 0] - 0.3), np.abs(z[:, 0] - 1.0) / 1.5**2
    digits = 1 + np.abs(np.log(p)) + np.abs(np.log(q))
    vanilla = _summands(DensityPair(FAKE, REALS, VANILLA), z)
    np.testing.assert_allclose(vanilla, digits * (scores[0] + scores[1]), rtol=1e-9)
    squares = _summands(DensityPair(FAKE, REALS, LEAST_SQUARES), z)
    np.testing.assert_allclose(squares, p * q / (p + q) ** 2 * digits * (scores[0] + scores[1]), rtol=1e-9)
    fisher = FisherIPM(Uniform())
    total = fisher.value(FAKE, REALS).value
    expected = digits * (p * scores[0] + q * scores[1]) / total
    np.testing.assert_allclose(_summands(DensityPair(FAKE, REALS, fisher), z), expected, rtol=1e-9)
    assert _summands(DensityPair(FAKE, REALS, WassersteinOnLine()), z).tolist() == [1.0, 1.0]


@pytest.mark.parametrize("objective", [VANILLA, WassersteinOnLine()], ids=lambda o: o.name)
def test_the_drawn_fraction_against_both_formulas(objective):
    for fake in (Gaussian([-0.75], 0.15), UniformBox([-0.75], [0.25])):
        pair = DensityPair(fake, REAL, objective)
        fraction, error = fraction_towards(pair, -1.25)
        found: Any = modes(pair)
        expected, taken = found.drawn()
        evidence = claims.get("iclr.section-4.2").measure(pair)
        agree(evidence, fraction=[fraction], mode=[-1.25], distance=[0.5])
        assert evidence.residual[0] == pytest.approx(abs(fraction - expected), abs=1e-12)
        assert evidence.error[0] == pytest.approx(error + ROUNDING, rel=1e-6)
        assert (evidence.resolution[0], evidence.scale[0]) == (1e-6, 1.0)
        if fake == pair.fake and found.gaussian:
            plain = ndtr(0.5 / 0.15)
            assert evidence.residual[1] == pytest.approx(abs(fraction - plain), rel=1e-6, abs=1e-12)
            assert evidence.error[1] == pytest.approx(taken + error + ROUNDING, rel=1e-6)
            assert (evidence.resolution[1], evidence.scale[1]) == (1e-2, 1.0)
        else:
            assert len(evidence) == 1
            assert evidence.labels[0].endswith(", all")


def test_the_pushed_fraction_against_49_to_50_per_cent(monkeypatch):
    claim = next(c for c in claims.ALL if c.measure.__name__ == "_measure_pushed")
    gaussian = DensityPair(Gaussian([-0.75], 0.15), REAL, FisherIPM(Uniform()))
    uniform = DensityPair(UniformBox([-0.75], [0.25]), REAL, FisherIPM(Uniform()))
    for fraction, pair, off in ((0.505, gaussian, 0.0), (0.53, gaussian, 0.02), (0.4, gaussian, 0.1),
                                (1.0, uniform, 0.0), (0.9, uniform, 0.1)):  # fmt: skip
        monkeypatch.setattr(mode_collapse, "fraction_towards", lambda pair, mode, f=fraction: (f, 1e-9))
        evidence = claim.measure(pair)
        assert evidence.residual[0] == pytest.approx(off, abs=1e-12)
        agree(evidence, error=[1e-9], resolution=1e-6, scale=1.0, fraction=[1 - fraction], mode=[-1.25])
        assert evidence.labels[0].endswith("none" if pair is uniform else "0.49 to 0.5")


def test_which_fisher_pushes():
    fisher = next(h for c in claims.ALL for h in c.hypotheses if h.name == "Fisher objective with uniform μ")
    local = hypothesis("iclr.section-4.2", "local objective")
    for objective, pushes, draws in ((FisherIPM(Uniform()), True, False),
                                     (FisherIPM(Gaussian([0.0], 6.0)), False, False),
                                     (VANILLA, False, True), (None, False, False)):  # fmt: skip
        pair = DensityPair(FAKE, REALS, objective)
        assert (bool(fisher.test(pair)), bool(local.test(pair))) == (pushes, draws)


# --- sets of lower dimension ---

UPRIGHT = Segment(np.array([0.0, 0.0]), np.array([0.0, 1.0]))


def atom(*place):
    return Masses(DiscreteMeasure(np.array([place])))


def crossing(sine):
    """A segment through (0, ½) at this sine to the upright one."""
    way = 1.5 * np.array([sine, np.sqrt(1 - sine**2)])
    return Segment(np.array([0.0, 0.5]) - way, np.array([0.0, 0.5]) + way)


@pytest.mark.parametrize(("sine", "holds"), [(0.0101, True), (0.0099, False), (1.0, True)])
def test_lines_cross_at_a_sine_of_a_hundredth(sine, holds):
    condition = hypothesis("arjovsky-bottou.theorem-2.2", "no perfect alignment").test(
        ManifoldPair(UPRIGHT, crossing(sine))
    )
    assert bool(condition) is holds
    if not holds:
        assert condition.reasons == ("two segments meet and are (nearly) parallel",)


def test_what_meets_in_more_than_a_null_set():
    aligned = hypothesis("arjovsky-bottou.theorem-2.2", "no perfect alignment")
    for off, holds in ((0.9e-9, False), (1.1e-9, True)):
        assert bool(aligned.test(ManifoldPair(UPRIGHT, atom(off, 0.5)))) is holds
    both = Mixture([atom(0.0, 0.5), atom(0.0, 0.7)])
    assert aligned.test(ManifoldPair(UPRIGHT, both)).reasons == ("an atom lies on the other support",)
    square = UniformBox([0.0, 0.5], 0.5)
    assert aligned.test(ManifoldPair(UPRIGHT, square))  # of full dimension: not its business
    assert aligned.met(ManifoldPair(UPRIGHT, crossing(1.0))) == "the supports cross in points"
    assert aligned.met(ManifoldPair(UPRIGHT, atom(0.25, 0.5))) == "the supports are 0.25 apart"


def test_dimensions_and_disjoint_supports():
    lower = hypothesis("arjovsky-bottou.theorem-2.2", "lower dimension")
    square = UniformBox([3.0, 0.5], 0.5)
    assert lower.test(ManifoldPair(UPRIGHT, square)).reasons == ("the support of real has full dimension 2",)
    assert "fake and real" in lower.test(ManifoldPair(square, square)).reasons[0]
    assert lower.met(ManifoldPair(UPRIGHT, atom(1.0, 1.0))) == "dimensions [0, 1] in R^2"
    disjoint = hypothesis("arjovsky-bottou.theorem-2.1", "disjoint compact supports")
    assert disjoint.test(ManifoldPair(UPRIGHT, square))
    assert not disjoint.test(ManifoldPair(UPRIGHT, crossing(1.0)))
    assert not disjoint.test(ManifoldPair(UPRIGHT, Mixture([square, Gaussian([9.0, 0.0], 1.0)])))


def around(place, share, other, dimension):
    """The corners of an octagon in the plane, both ways along the axes elsewhere."""
    if dimension == 2:
        angles = np.arange(8) * np.pi / 4
        ways = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    else:
        ways = np.concatenate([np.eye(dimension), -np.eye(dimension)])
    return place + share * other * ways


@pytest.mark.parametrize(
    "pair",
    [
        ManifoldPair(UPRIGHT, Segment(np.array([0.5, 0.0]), np.array([0.5, 1.0]))),
        ManifoldPair(UPRIGHT, crossing(0.8)),
        ManifoldPair(UniformBox([0.0], [0.5]), UniformBox([1.25], [0.5])),
        ManifoldPair(UniformBox([0.0, 0.0], 0.5), UniformBox([0.5, 0.0], 0.5)),
        ManifoldPair(atom(0.0, 0.0, 0.0), atom(1.0, 2.0, 2.0)),
    ],
    ids=["parallel", "crossing", "boxes", "overlapping", "atoms"],
)  # fmt: skip
def test_discriminators_are_looked_at_on_spheres_around_the_probes(pair):
    points, _, real = pair.probes()
    perfect = PerfectDiscriminator(fake=pair.fake, real=pair.real)
    for claim, share, discriminator in (
        ("arjovsky-bottou.theorem-2.1", 0.3, perfect), ("arjovsky-bottou.theorem-2.2", 0.49, pair.nearest_side)
    ):  # fmt: skip
        evidence = claims.get(claim).measure(pair)
        count = len(points)
        other = [float(pair.distance(z[None], real=not label)[0]) for z, label in zip(points, real, strict=True)]
        wrong = np.abs(discriminator(points) - real)
        spheres = [around(z, share, d, pair.dimension) for z, d in zip(points, other, strict=True)]
        nearby = [np.abs(discriminator(s) - label).max() for s, label in zip(spheres, real, strict=True)]
        np.testing.assert_allclose(evidence.residual[: 2 * count], [*wrong, *nearby], atol=1e-9)
        assert (evidence.error[: 2 * count] == 0.0).all()
        assert evidence.labels[0].startswith("D at fake (")
        assert evidence.labels[count - 1].startswith("D at real (")
        assert evidence.labels[2 * count - 1].startswith("D around real (")
        agree(evidence, resolution=1e-3, scale=1.0)
        if claim.endswith("2.1"):
            steep = np.linalg.norm(perfect.gradient(points), axis=1)
            np.testing.assert_allclose(evidence.residual[2 * count :], steep)
            assert (evidence.error[2 * count :] == 0.0).all()
        else:
            lengths = [1.0] if pair.dimension == 2 else []
            allowed = 2e-9 / (0.01 * min(lengths, default=1.0)) + ROUNDING
            near = [pair.mass_near(1e-9, real=label) for label in (False, True)]
            agree(evidence, near=near)
            np.testing.assert_allclose(evidence.error[2 * count :], allowed, rtol=1e-9)
            np.testing.assert_allclose(evidence.residual[2 * count :], near)
            assert evidence.labels[-2:] == ("fake mass within 1e-09 of the other support",
                                            "real mass within 1e-09 of the other support")  # fmt: skip


def test_crossings_are_counted_and_the_shortest_segment_counts():
    short = Segment(np.array([5.0, 0.0]), np.array([5.0, 0.2]))
    pair = ManifoldPair(Mixture([UPRIGHT, short]), Mixture([crossing(1.0), atom(7.0, 7.0), atom(8.0, 8.0)]))
    evidence = claims.get("arjovsky-bottou.theorem-2.2").measure(pair)
    assert evidence.error[-1] == pytest.approx(6 * 2e-9 / (0.01 * 0.2) + ROUNDING, rel=1e-9)


@pytest.mark.parametrize("shift", [0.0, 0.3, 2.0])
def test_shared_atoms_are_missing_from_the_divergences(shift):
    """Atoms at 0 and 1 against 0 + shift and 5, masses ¼ and ¾: a shared one has D* = ½."""
    fake = Masses(DiscreteMeasure(np.array([[0.0], [1.0]]), [0.25, 0.75]))
    real = Masses(DiscreteMeasure(np.array([[shift], [5.0]]), [0.25, 0.75]))
    evidence = claims.get("arjovsky-bottou.theorem-2.3").measure(ManifoldPair(fake, real))
    alone = 1.0 if shift else 0.75
    jsd = JensenShannon().value(fake.measure, real.measure).value
    agree(
        evidence, residual=[abs(jsd - np.log(2.0)), 0.0, 0.0], error=4 * ROUNDING, resolution=1e-6, scale=1.0,
        jsd=[jsd] * 3,
        labels=["JSD − log 2", "KL(P_g‖P_r) = ∞: fake mass off P_r", "KL(P_r‖P_g) = ∞: real mass off P_g"],
    )  # fmt: skip
    np.testing.assert_allclose(evidence.arrays["alone"], [np.nan, alone, alone])


def test_measures_with_nothing_of_their_own_have_finite_divergences():
    same = Masses(DiscreteMeasure(np.array([[0.0], [1.0]]), [0.25, 0.75]))
    evidence = claims.get("arjovsky-bottou.theorem-2.3").measure(ManifoldPair(same, same))
    agree(evidence, residual=[np.log(2.0), 1.0, 1.0])
    assert perfect_discrimination._TOUCH == 1e-9


def test_penalised_candidates_are_no_subjects_of_locality():
    one = made(([[0.0]], [1.0], [[1.0]], [1.0]), losses.logistic(), LipschitzPenalty(1.0), [0.0], [0.1], [[0.0]])
    assert not hypothesis("lgan.section-3.1", "no restriction").test(one)
