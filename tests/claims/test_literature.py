"""Instances with numbers worked out in the literature or by hand."""

import numpy as np
import pytest

from toylab import claims, losses
from toylab.claims import VerdictStatus
from toylab.claims.cases import overlapping_pair
from toylab.comparison import angles_to_cones
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty
from toylab.solvers.interior_point import InteriorPoint
from toylab.solvers.solving import solve
from toylab.verification.training import _coupling_directions


@pytest.mark.parametrize(
    ("name", "constant"), [("wasserstein", 0.8), ("logistic", 0.355659), ("sqrt", 0.539541), ("exponential", 0.551394)]
)
def test_the_earlier_bounding_theorem_fails_on_overlapping_supports(name, constant):
    fake, real = overlapping_pair()
    solution = solve(CriticProblem(fake, real, losses.get(name), LipschitzPenalty(0.5)))
    assert solution.lipschitz_constant == pytest.approx(constant, abs=5e-7)  # printed to six digits
    verdict = claims.get("iclr.theorem-2").check(solution)
    assert verdict.status is VerdictStatus.VIOLATED
    assert "shared (1" in verdict.to_json()["worst"]["label"]  # B is the one that fails
    for true in ("lgan.theorem-2a", "lgan.theorem-3", "lgan.theorem-2c", "lgan.theorem-2d"):
        assert claims.get(true).check(solution).status is VerdictStatus.HOLDS


@pytest.mark.parametrize(("radius", "status"), [(0.81, VerdictStatus.HOLDS), (0.82, VerdictStatus.VIOLATED)])
def test_a_ball_is_attained_up_to_the_unrestricted_constant(radius, status):
    line = np.array([[0.0], [1.0]])
    fake, real = DiscreteMeasure(line, [0.6, 0.4]), DiscreteMeasure(line, [0.4, 0.6])
    solution = solve(CriticProblem(fake, real, losses.logistic(), LipschitzBall(radius)))
    assert claims.get("lgan.theorem-2c").check(solution, waive=["penalised constant"]).status is status


@pytest.mark.parametrize(("name", "constant"), [("wasserstein", 2.6), ("logistic", 0.66734)])
def test_fakes_may_stand_above_reals(name, constant):
    """P_g = .9 δ₀ + .1 δ₂, P_r = .1 δ₁ + .9 δ₃, λ = .5: all three gaps of the line are tight."""
    fake = DiscreteMeasure(np.array([[0.0], [2.0]]), [0.9, 0.1])
    real = DiscreteMeasure(np.array([[1.0], [3.0]]), [0.1, 0.9])
    solution = solve(CriticProblem(fake, real, losses.get(name), LipschitzPenalty(0.5)))
    assert solution.lipschitz_constant == pytest.approx(constant, abs=5e-6)
    rises = np.diff(solution.critic(np.arange(4.0)[:, None]))
    assert rises == pytest.approx(np.full(3, constant), abs=1e-4)
    for name_ in ("lgan.theorem-2a", "lgan.theorem-2b", "lgan.theorem-3", "iclr.theorem-2.disjoint"):
        assert claims.get(name_).check(solution).status is VerdictStatus.HOLDS


def test_the_plain_coupling_is_the_wrong_one_for_a_curved_loss():
    """The second fake's W₁ partner is the second real, with slack 6.49; the first real is its bounding partner."""
    fake = DiscreteMeasure(np.array([[-3.0, -2.0], [-3.0, -1.0], [1.0, 1.0]]))
    real = DiscreteMeasure(np.array([[-2.0, -2.0], [3.0, -1.0], [3.0, 2.0]]))
    penalty = LipschitzPenalty(0.05)
    plain = solve(CriticProblem(fake, real, losses.wasserstein(), penalty)).certificate.plan.toarray()
    curved = solve(CriticProblem(fake, real, losses.logistic(), penalty))
    assert plain[1].argmax() == 1
    assert curved.slack()[1, 1] == pytest.approx(6.49, abs=5e-3)
    assert abs(curved.slack()[1, 0]) < 1e-6
    gradients = curved.critic.gradient(fake.points)
    assert angles_to_cones(gradients, curved.bounding_directions()).max() < 1e-6
    wrong = solve(CriticProblem(fake, real, losses.wasserstein(), penalty))
    assert angles_to_cones(gradients, _coupling_directions(wrong))[1] > 5.0


def test_two_far_pairs_move_on_their_own_under_wasserstein_but_not_under_logistic():
    fake, real = DiscreteMeasure(np.array([[0.0], [100.0]])), DiscreteMeasure(np.array([[1.0], [101.0]]))
    free = solve(CriticProblem(fake, real, losses.wasserstein(), LipschitzPenalty(0.5)), InteriorPoint())
    assert claims.get("lgan.theorem-1.up-to-a-constant").check(free).status is VerdictStatus.VIOLATED
    pinned = solve(CriticProblem(fake, real, losses.logistic(), LipschitzPenalty(0.5)), InteriorPoint(rtol=1e-11))
    assert claims.get("lgan.theorem-1").check(pinned).status is VerdictStatus.HOLDS


def test_equal_measures_have_constant_zero():
    measure = DiscreteMeasure(np.array([[0.0, 0.0], [1.0, 0.5]]), [0.3, 0.7])
    solution = solve(CriticProblem(measure, measure, losses.logistic(), LipschitzPenalty(0.1)))
    assert solution.lipschitz_constant == 0.0
    assert solution.value == pytest.approx(2 * np.log(2), rel=1e-15)
    assert claims.get("lgan.theorem-2d").check(solution).status is VerdictStatus.HOLDS
