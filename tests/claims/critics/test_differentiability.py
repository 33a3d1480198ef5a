"""One-sided derivatives of V by linear programs over plans, against difference quotients of solved problems."""

import numpy as np
import pytest

from toylab import claims, losses
from toylab.bench.random_problems import random_problem
from toylab.claims import Budget
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty
from toylab.solvers.interior_point import InteriorPoint
from toylab.solvers.solving import solve
from toylab.verification.cases import subject_of

CLAIM = claims.get("own.value-derivative.unique-plan")
STEP = 1e-5


def value(fake, real, pair, regularizer, shift):
    points = fake.copy()
    points[0] += shift
    problem = CriticProblem(DiscreteMeasure(points), DiscreteMeasure(real), pair, regularizer)
    solution = solve(problem, InteriorPoint(rtol=1e-12), throw=False)
    return solution.value, solution.certificate.gap


SQUARE = np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([[0.0, 0.0], [1.0, 1.0]])
TREE = np.array([[0.0, 0.0], [3.0, 1.0]]), np.array([[1.0, 2.0], [-1.0, 1.0], [5.0, 0.0]])


@pytest.mark.parametrize("regularizer", [LipschitzPenalty(0.5), LipschitzBall(1.0)], ids=str)
@pytest.mark.parametrize("pair", [losses.wasserstein(), losses.logistic()], ids=lambda pair: pair.name)
@pytest.mark.parametrize("places", [SQUARE, TREE], ids=["square", "tree"])
@pytest.mark.parametrize("axis", [0, 1])
def test_plans_give_the_derivatives_of_the_value(places, pair, regularizer, axis):
    """V is piecewise smooth with second derivatives below 10 here, so that quotients are off by 10 STEP + gap/STEP."""
    fake, real = places
    rest = solve(CriticProblem(DiscreteMeasure(fake), DiscreteMeasure(real), pair, regularizer), InteriorPoint())
    evidence = CLAIM.check(rest, waive=["unique plan"]).evidence
    assert evidence is not None
    label = next(i for i, text in enumerate(evidence.labels) if f"axis {axis + 1} at fake ({fake[0, 0]:.4g}, " in text)
    mass = rest.certificate.slopes[np.flatnonzero((rest.problem.support.points == fake[0]).all(axis=1))[0]]
    expected = mass * evidence.arrays["least"][label], mass * evidence.arrays["most"][label]
    step = STEP * np.eye(2)[axis]
    still, gap = value(fake, real, pair, regularizer, 0.0 * step)
    for sign, known in zip((-1.0, 1.0), expected, strict=True):
        moved, other = value(fake, real, pair, regularizer, sign * step)
        assert sign * (moved - still) / STEP == pytest.approx(known, abs=10.0 * STEP + (gap + other) / STEP)


def test_a_fake_with_two_partners_has_a_derivative_although_the_critic_has_a_kink():
    between = next(iter(CLAIM.cases(Budget.QUICK)))
    verdict = CLAIM.check(subject_of(between))
    assert verdict.status is claims.VerdictStatus.HOLDS
    assert verdict.evidence is not None
    assert verdict.evidence.arrays["most"] == pytest.approx(np.zeros(2), abs=1e-8)
    assert claims.get("iclr.appendix-f").check(subject_of(between)).status is claims.VerdictStatus.HOLDS


@pytest.mark.parametrize("case", list(CLAIM.cases(Budget.FULL)), ids=lambda case: case.name)
def test_every_case_holds(case):
    verdict = CLAIM.check(subject_of(case))
    assert verdict.status is claims.VerdictStatus.HOLDS, verdict.explain()


@pytest.mark.parametrize("index", [414, 840, 1563])
def test_the_linear_programs_do_not_depend_on_the_unit_of_length(index):
    """Tolerances that were absolute beside distances of a millionth let plans through that were not optimal."""
    verdict = CLAIM.check(solve(random_problem(77, index).problem))
    assert verdict.status is not claims.VerdictStatus.VIOLATED
    assert verdict.evidence is not None
    assert not any(np.isnan(part).any() for part in (verdict.evidence.residual, verdict.evidence.error))


def test_two_diracs_a_millionth_apart_have_a_root_at_the_end_of_its_bracket():
    problem = random_problem(77, 1438).problem
    assert claims.get("own.two-diracs").check(solve(problem)).status is not claims.VerdictStatus.VIOLATED
