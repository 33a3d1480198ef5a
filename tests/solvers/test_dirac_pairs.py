"""Two Diracs in closed form, against the exact solvers, against brentq and against the numbers printed in THEORY."""

from typing import Any

import numpy as np
import pytest
from oracles import FORMULAS, half_rise
from scipy.optimize import brentq, minimize_scalar

from toylab import losses
from toylab.errors import InputError
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem
from toylab.regularizers import LipschitzBall, LipschitzPenalty, Unrestricted
from toylab.solvers.dirac_pairs import dirac_pair, matched_pairs
from toylab.solvers.reference import Reference
from toylab.solvers.solving import solve

EPS = float(np.finfo(float).eps)
PAIRS = [losses.get(name) for name in losses.names()] + [losses.quadratic(-1.0, 2.0)]
REGULARIZERS = [
    *(LipschitzPenalty(weight) for weight in (0.01, 0.1, 3.0)),
    LipschitzPenalty(0.1, target=1.0),
    LipschitzPenalty(0.1, target=3.0),
    LipschitzBall(0.5),
    LipschitzBall(4.0),
]


@pytest.mark.parametrize("regularizer", REGULARIZERS, ids=lambda regularizer: regularizer.describe())
@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
@pytest.mark.parametrize("distance", [0.2, 1.0, 5.0])
def test_the_solvers_certify_the_closed_form(pair, distance, regularizer):
    problem = CriticProblem(DiscreteMeasure([[0.0]]), DiscreteMeasure([[distance]]), pair, regularizer)
    found, solved = dirac_pair(pair, distance, regularizer), solve(problem)
    slop = 256 * EPS * (1 + abs(found.value))
    assert found.value <= solved.value + slop
    assert solved.value <= found.value + solved.certificate.gap + slop
    assert found.real_value - found.fake_value == pytest.approx(found.lipschitz_constant * distance, rel=1e-12)
    assert solved.certificate.dual <= found.value + slop


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize(("distance", "weight"), [(0.1, 0.1), (1.0, 0.1), (10.0, 0.1), (1.7, 0.3), (1.0, 1e-4)])
def test_the_root_is_that_of_brentq(name, distance, weight):
    """φ'(−s) = 4 λ s/d²."""
    s = 0.5 * dirac_pair(FORMULAS[name].pair, distance, LipschitzPenalty(weight)).lipschitz_constant * distance
    ratio = 4 * weight / distance**2
    root = brentq(lambda t: FORMULAS[name].slope(-t) - ratio * t, 0.0, 2.0 / ratio, xtol=1e-15, rtol=4 * EPS)  # type: ignore[arg-type]
    # conditioning of the root: the slope is rounded at size 1 where it is a difference (sqrt), against slope ratio
    assert s == pytest.approx(root, rel=1e-13 + 8 * EPS / (ratio * root))
    assert s == pytest.approx(half_rise(name, distance, weight), rel=1e-13)


@pytest.mark.parametrize("weight", [0.1, 2.0])
@pytest.mark.parametrize("distance", [0.5, 3.0])
def test_lambert_and_the_other_closed_forms(distance, weight):
    d, penalty = distance, LipschitzPenalty(weight)
    s = dirac_pair(losses.exponential(), d, penalty).lipschitz_constant * d / 2
    assert s * np.exp(s) == pytest.approx(d**2 / (4 * weight), rel=1e-13)
    hinge = dirac_pair(losses.hinge(), d, penalty)
    assert hinge.lipschitz_constant * d / 2 == pytest.approx(min(1, d**2 / (4 * weight)))
    square = dirac_pair(losses.quadratic(-1.0, 2.0), d, penalty)
    assert square.real_value - square.fake_value == pytest.approx(3.0 / (1 + 2 * weight / d**2))
    for target in (0.0, 1.0):  # LP; GP is the same, as the optimum lies beyond the target
        slope = dirac_pair(losses.wasserstein(), d, LipschitzPenalty(weight, target)).lipschitz_constant
        assert slope == pytest.approx(target + d / (2 * weight), rel=1e-14)
        two_sided: Any = minimize_scalar(lambda k, goal=target: -k * d + weight * (k - goal) ** 2, bracket=(0.0, 1.0))
        assert slope == pytest.approx(two_sided.x, rel=1e-7)


@pytest.mark.parametrize(("distance", "constant"), [(0.1, 0.248), (1, 1.568), (1.5, 1.669), (3, 1.477), (10, 0.819)])
def test_the_logistic_constants_printed_in_theory(distance, constant):
    found = dirac_pair(losses.logistic(), distance, LipschitzPenalty(0.1))
    assert found.lipschitz_constant == pytest.approx(constant, abs=1e-3)


@pytest.mark.parametrize(("radius", "value"), [(1.0, 0.94815), (2.0, 0.62652)])
def test_the_logistic_balls_printed_in_theory(radius, value):
    assert dirac_pair(losses.logistic(), 1.0, LipschitzBall(radius)).value == pytest.approx(value, abs=5e-6)


def test_the_mean_square_penalty_treats_every_pair_on_its_own():
    """Two far pairs at distances 1 and 3, λ = .5: slopes 1 and 3, and 2 for both under the largest slope (MaxGP)."""
    np.testing.assert_allclose(matched_pairs(losses.wasserstein(), [1.0, 3.0], 0.5), [1.0, 3.0], rtol=1e-15)
    far = 1e3
    problem = CriticProblem(
        DiscreteMeasure([[0.0], [far]]),
        DiscreteMeasure([[1.0], [far + 3.0]]),
        losses.wasserstein(),
        LipschitzPenalty(0.5),
    )
    assert solve(problem).lipschitz_constant == pytest.approx(2.0, rel=1e-9)


def test_matched_pairs_minimise_the_mean_square_problem():
    """Σ ½ [φ(u_i) + ϕ(v_i)] + λ Σ ½ k_i² for the logistic loss, by a search in each k."""
    slopes = matched_pairs(losses.logistic(), [0.7, 2.0], 0.2)
    for slope, d in zip(slopes, (0.7, 2.0), strict=True):
        best: Any = minimize_scalar(lambda k, d=d: 2 * np.logaddexp(0, -k * d / 2) + 0.2 * k**2, bracket=(0.0, 1.0))
        assert slope == pytest.approx(best.x, rel=1e-7)


def test_without_restriction():
    assert dirac_pair(losses.quadratic(0.0, 2.0), 3.0, Unrestricted()).value == 0.0
    assert dirac_pair(losses.hinge(), 3.0, Unrestricted()).real_value == 1.0
    with pytest.raises(InputError, match="no optimal logistic critic without restriction"):
        dirac_pair(losses.logistic(), 1.0, Unrestricted())


def test_far_target_of_the_hinge_is_paid_by_nobody():
    found = dirac_pair(losses.hinge(), 1.0, LipschitzPenalty(0.1, target=5.0))
    assert (found.value, found.lipschitz_constant) == (0.0, 2.0)
    problem = CriticProblem(
        DiscreteMeasure([[0.0]]), DiscreteMeasure([[1.0]]), losses.hinge(), LipschitzPenalty(0.1, target=5.0)
    )
    assert solve(problem, Reference()).value == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("distance", [0.0, -1.0, np.inf, np.nan])
def test_bad_distances_are_named(distance):
    with pytest.raises(InputError, match="distance of two Diracs must be positive and finite"):
        dirac_pair(losses.logistic(), distance, LipschitzPenalty(0.1))


def test_pairs_without_a_closed_form_are_named():
    pair = losses.combination((1.0, losses.logistic()), (1.0, losses.sqrt()))
    with pytest.raises(InputError, match="no closed form for two Diracs is known for 'logistic \\+ sqrt'"):
        dirac_pair(pair, 1.0, LipschitzPenalty(0.1))
