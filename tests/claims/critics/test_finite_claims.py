"""Statements decided on one candidate: numbers worked out elsewhere, and what each check must catch."""

import dataclasses
import itertools

import mpmath
import numpy as np
import pytest

from toylab import claims, losses, zoo
from toylab.claims import Budget, VerdictStatus, decide
from toylab.claims.critics.diracs import _rise
from toylab.claims.critics.offsets import _flat_diracs, flat_middle
from toylab.claims.critics.partners import _cross, _least_alternating_sum
from toylab.claims.critics.quotients import Quotients, basis
from toylab.claims.critics.stationarity import midway
from toylab.claims.functions.chains import _corner
from toylab.critics import LowerExtension, tabulated
from toylab.errors import InputError
from toylab.functions import FunctionOnChain
from toylab.measures import DiscreteMeasure
from toylab.plotting import plot
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty
from toylab.solution import AtConstant, Candidate
from toylab.solvers import dirac_pair
from toylab.solvers.solving import solve
from toylab.verification.replay import subject_from_json


def control(name: str, number: int = 0):
    claim = claims.get(name)
    return claim.check_control(claim.controls[number])


def test_the_bound_with_a_wrong_a_has_the_numbers_of_the_literature():
    evidence = control("iclr.theorem-5").evidence
    assert evidence is not None
    assert evidence.arrays["bound"][0] == pytest.approx(1.62519, abs=5e-6)
    assert evidence.arrays["value"][0] == pytest.approx(1.38629, abs=5e-6)


def test_a_number_beside_a_candidate_is_told_in_its_description_and_its_json():
    idle = claims.get("iclr.theorem-5").controls[0].subject()
    assert isinstance(idle, AtConstant)
    assert idle.describe().endswith("a = 1")
    again = Candidate.from_json(idle.to_json())
    assert isinstance(again, AtConstant)
    assert again.a == 1.0


def test_theorem_5_is_sharp_for_wasserstein():
    verdict = claims.get("iclr.theorem-5").check(solve(zoo.load("case4", n=5, losses=losses.wasserstein())))
    assert verdict.evidence is not None
    assert verdict.evidence.arrays["bound"][0] == pytest.approx(verdict.evidence.arrays["value"][0], rel=1e-9)


@pytest.mark.parametrize("offset", [-1.0, -0.3, 0.5])
def test_the_flat_loss_leaves_its_offset_free_where_theory_says_so(offset):
    """(c, c + ½) is optimal for c in [−1, ½], with gap 0 up to rounding, and nowhere else."""
    problem = _flat_diracs().problem
    points = np.array([[0.0], [1.0]])
    inside = Candidate.of(problem, tabulated(points, np.array([offset, offset + 0.5])), [[1.0]])
    assert inside.certificate.gap <= 1e-12
    assert claims.get("lgan.section-5.3.only-wasserstein").check(inside).status is VerdictStatus.VIOLATED
    for beyond in (-1.05, 0.55):
        outside = Candidate.of(problem, tabulated(points, np.array([beyond, beyond + 0.5])), [[1.0]])
        assert outside.certificate.gap >= 1e-3


def test_a_solver_finds_the_flat_optimum_too():
    problem = dataclasses.replace(_flat_diracs().problem)
    solution = solve(problem)
    assert solution.lipschitz_constant == pytest.approx(0.5, abs=1e-6)
    assert claims.get("lgan.section-5.3.only-wasserstein").check(solution).status is not VerdictStatus.HOLDS
    assert CriticProblem.from_json(problem.to_json()).losses == flat_middle()


PAIRS = [
    losses.wasserstein(),
    losses.logistic(),
    losses.sqrt(),
    losses.exponential(),
    losses.hinge(),
    losses.quadratic(-0.5, 2.0),
]


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
@pytest.mark.parametrize("target", [0.0, 0.3])
def test_closed_forms_of_two_diracs_agree_with_the_solvers(pair, target):
    for distance, weight in itertools.product((0.2, 1.0, 4.0), (0.02, 0.5, 3.0)):
        known = dirac_pair(pair, distance, LipschitzPenalty(weight, target))
        rise, total = _rise(pair, distance, weight, target)
        assert rise == pytest.approx(known.real_value - known.fake_value, rel=1e-12)
        assert total == pytest.approx(known.real_value + known.fake_value, abs=1e-12)


def test_the_exponential_diracs_are_lamberts():
    s = _rise(losses.exponential(), 2.0, 0.1, 0.0)[0] / 2.0
    assert s == pytest.approx(float(mpmath.lambertw(4.0 / 0.4)), rel=1e-14)


def test_a_constant_that_is_off_by_a_millionth_is_caught_on_two_diracs():
    exact = solve(zoo.load("two-diracs", losses=losses.wasserstein(), regularizer=LipschitzPenalty(0.1)))
    claim = claims.get("own.two-diracs")
    assert claim.check(exact).status is VerdictStatus.HOLDS
    values = (1.0 + 1e-6) * exact.critic(exact.problem.support.points)
    near = Candidate.of(exact.problem, tabulated(exact.problem.support.points, values), exact.certificate.plan)
    assert claim.check(near).status is VerdictStatus.HOLDS  # its own gap says so much
    assert claim.check(near, waive=["certified optimal"]).status is VerdictStatus.VIOLATED  # taken at its word, not


def test_mean_square_and_maximum_on_the_far_pairs():
    evidence = control("own.mean-square-penalty").evidence
    assert evidence is not None
    assert evidence.arrays["slopes"][0].tolist() == [1.0, 3.0]
    assert evidence.arrays["paid"][0] == pytest.approx(-2.0)
    assert evidence.arrays["least"][0] == pytest.approx(-2.5)


def test_the_midway_fake_stands_still():
    subject = midway()
    assert subject.value == pytest.approx(1.275158, abs=5e-7)
    assert subject.certificate.relative_gap <= 1e-12
    assert np.abs(subject.reference_directions()).max() == 0.0
    axis = Quotients(subject, np.zeros((1, 2)), np.array([[1.0, 0.0]]), np.array([1e-3]))
    assert axis.symmetric == pytest.approx(0.0, abs=1e-12)
    assert axis.kink == pytest.approx(2.0 * subject.lipschitz_constant, rel=1e-9)


def test_the_smoothstep_is_as_steep_as_theory_says():
    smooth = claims.get("iclr.theorem-1d.smooth").controls[1].subject()
    assert smooth.critic.lipschitz_constant == pytest.approx(1.2164, abs=5e-5)
    assert smooth.certificate.relative_gap <= 1e-12


def test_alternating_sums_by_hand():
    distance = np.random.default_rng(0).uniform(size=(3, 4))
    best = np.inf
    for steps in (2, 3):
        for rows, columns in itertools.product(
            itertools.permutations(range(3), steps), itertools.permutations(range(4), steps)
        ):
            walk = sum(
                distance[rows[i], columns[i]] - distance[rows[(i + 1) % steps], columns[i]] for i in range(steps)
            )
            best = min(best, abs(walk) / steps)
    assert _least_alternating_sum(distance) == pytest.approx(best, rel=1e-12)
    assert _least_alternating_sum(np.ones((2, 2))) == 0.0
    assert _least_alternating_sum(np.ones((1, 5))) == np.inf


def test_too_many_walks_are_not_called_generic():
    verdict = claims.get("own.bounding-forest").check(solve(zoo.load("case4", n=12)))
    assert verdict.status is VerdictStatus.NOT_APPLICABLE
    assert "too many closed walks" in verdict.unmet[0]


def test_the_cross_has_four_tight_pairs_in_one_component():
    evidence = claims.get("own.bounding-forest").check(_cross(), waive=["generic distances"]).evidence
    assert evidence is not None
    assert evidence.arrays["counts"].tolist() == [[4, 4, 1]]


def test_several_partners_have_slope_k_and_a_slope_that_is_off_is_caught():
    subject = _cross()
    assert claims.get("iclr.appendix-f").check(subject).status is VerdictStatus.HOLDS
    points = np.concatenate([subject.problem.fake.points, subject.problem.real.points])
    flatter = LowerExtension(points, subject.critic(points), 0.9 * subject.lipschitz_constant)
    wrong = dataclasses.replace(subject, critic=flatter)  # the values stay certified, the function is another one
    assert decide(claims.get("iclr.appendix-f").measure(wrong)) is VerdictStatus.VIOLATED


def test_lemma_8_notices_a_constant_that_the_slopes_do_not_pay_for():
    line = np.array([[0.0], [1.0]])
    problem = CriticProblem(
        DiscreteMeasure(line[:1]), DiscreteMeasure(line[1:]), losses.wasserstein(), LipschitzPenalty(0.1)
    )
    claim = claims.get("lgan.lemma-8")
    for k, status in ((5.0, VerdictStatus.HOLDS), (5.5, VerdictStatus.VIOLATED), (4.5, VerdictStatus.VIOLATED)):
        candidate = Candidate.of(problem, tabulated(line, np.array([0.0, k])), [[1.0]])
        assert claim.check(candidate, waive=["certified optimal"]).status is status


def test_the_reference_direction_of_another_plan_is_caught():
    """All four pairs of the cross are tight, so any plan between them has a direction among the slopes."""
    subject = _cross()
    claim = claims.get("own.reference-direction")
    for plan in (np.diag([0.5, 0.5]), np.full((2, 2), 0.25), np.diag([0.5, 0.5])[::-1]):
        assert claim.check(Candidate.of(subject.problem, subject.critic, plan)).status is VerdictStatus.HOLDS
    assert control("own.reference-direction", 1).status is VerdictStatus.VIOLATED


def test_a_basis_is_orthonormal_and_begins_with_its_direction():
    rng = np.random.default_rng(1)
    for size in (1, 2, 5):
        direction = rng.normal(size=size)
        direction /= np.linalg.norm(direction)
        axes = basis(direction)
        assert axes[0] == pytest.approx(direction)
        assert axes @ axes.T == pytest.approx(np.eye(size), abs=1e-12)


def test_chains_are_replayed_drawn_and_refused():
    claim = claims.get("lgan.lemma-10")
    case = next(iter(claim.cases(Budget.QUICK)))
    assert subject_from_json(claim, case.subject.to_json()) is not None
    again = subject_from_json(claim, _corner().to_json())
    assert isinstance(again, FunctionOnChain)
    assert claim.check(again, waive=["one direction"]).status is VerdictStatus.VIOLATED
    assert "rises by 1 and -1" in plot(_corner()).get_title()
    spatial = FunctionOnChain(
        name="funnel",
        f=LowerExtension(np.zeros((1, 3)), np.zeros(1), 1.0),
        k=1.0,
        x=np.array([3.0, 0, 0]),
        via=np.array([2.0, 0, 0]),
        y=np.array([1.0, 0, 0]),
    )
    assert plot(spatial) is not None
    assert "via [2.0, 0.0, 0.0]" in repr(spatial)
    assert "FunctionOnChain" in spatial._repr_html_()
    with pytest.raises(InputError, match="three points of one dimension"):
        dataclasses.replace(spatial, via=np.zeros(2))
    with pytest.raises(InputError, match="differ from one step to the next"):
        dataclasses.replace(spatial, via=spatial.x)


def test_a_ball_of_other_radius_scales_the_compact_claims():
    solution = solve(zoo.load("case4", n=5, losses=losses.wasserstein(), regularizer=LipschitzBall(3.0)))
    for name in ("lgan.section-3.3", "own.compact-lipschitz", "own.blends-suffice"):
        assert claims.get(name).check(solution).status is VerdictStatus.HOLDS
