"""Claims on families: closed forms, wrong formulas that are caught, and what is too loose to tell."""

import dataclasses

import numpy as np
import pytest
from scipy.special import lambertw

from toylab import claims, losses, zoo
from toylab.claims import Budget, VerdictStatus, decide
from toylab.claims.families import FAMILY_CLAIMS, balls, divergence, fixed_constant, moved_point
from toylab.claims.families.approach import diracs_at
from toylab.claims.families.arrangements import COMMON_NOISE, chain, with_noise
from toylab.claims.families.balls import along_radius, reweighted_w1
from toylab.claims.families.fixed_constant import guaranteed_rate
from toylab.claims.families.generator_parameter import lattice_gaussian, parallel_lines
from toylab.claims.families.intervals import Interval
from toylab.claims.families.moved_point import moved, plan_derivative, the_move
from toylab.claims.families.penalty_weight import along_weight
from toylab.claims.families.readings import Reading, readings
from toylab.claims.families.same_support import UNRESTRICTED, towards_unrestricted, unrestricted_constant
from toylab.divergences import JensenShannon, TotalVariation
from toylab.errors import InputError
from toylab.families import Family, ProblemFamily
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty
from toylab.solution import Candidate
from toylab.solvers.solving import solve
from toylab.verification.cases import subject_of


def inside(interval: Interval, value: float) -> bool:
    return interval.low <= value <= interval.high


def diracs(pair, d, regularizer) -> Candidate:
    return solve(CriticProblem(DiscreteMeasure([[0.0]]), DiscreteMeasure([[d]]), pair, regularizer))


@pytest.mark.parametrize("weight", [0.01, 0.1, 1.0])
def test_readings_enclose_the_closed_forms_of_two_diracs(weight):
    """Exponential: s = W(d²/4λ), k = 2s/d, V = 2e^{-s} + λk²; Wasserstein: k = d/2λ, V = −d²/4λ."""
    d = 0.7
    s = float(lambertw(d * d / (4 * weight)).real)
    reading = Reading(diracs(losses.exponential(), d, LipschitzPenalty(weight)))
    slip = 1e-14 * (1 + 2 * s / d)  # the closed form's own rounding
    assert reading.constant.low - slip <= 2 * s / d <= reading.constant.high + slip
    value = 2 * np.exp(-s) + weight * (2 * s / d) ** 2
    assert reading.value.low <= value <= reading.value.high
    flat = Reading(diracs(losses.wasserstein(), d, LipschitzPenalty(weight)))
    assert inside(flat.constant, d / (2 * weight))
    assert inside(flat.value, -d * d / (4 * weight))
    assert inside(flat.divergence, d * d / (4 * weight))


def test_reweighted_w1_is_the_slope_of_j():
    """Logistic Diracs at distance 1: J(k) = 2 softplus(−k/2), dJ/dk = −σ(−k/2), J = .94815 and .62652 at 1 and 2."""
    for k, expected in ((1.0, 0.94815), (2.0, 0.62652)):
        reading = Reading(diracs(losses.logistic(), 1.0, LipschitzBall(k)))
        assert reading.value.middle == pytest.approx(expected, abs=5e-6)
        assert reweighted_w1(reading).middle == pytest.approx(1 / (1 + np.exp(k / 2)), rel=1e-9)


def test_the_constant_rises_and_falls_with_the_distance_of_logistic_diracs():
    family = diracs_at(losses.logistic(), (0.1, 1.0, 1.5, 3.0, 10.0), 0.1).solved(solve)
    found = [member.lipschitz_constant for member in family.members]
    np.testing.assert_allclose(found, [0.248, 1.568, 1.668, 1.477, 0.819], atol=5e-4)


def test_the_unrestricted_constant_of_two_shared_points():
    line = np.array([[0.0], [1.0]])
    fake, real = DiscreteMeasure(line, [0.6, 0.4]), DiscreteMeasure(line, [0.4, 0.6])
    family = towards_unrestricted("two", fake, real, losses.logistic(), (1e-6,)).solved(solve)
    assert inside(unrestricted_constant(Reading(family.role(UNRESTRICTED))), 2 * np.log(1.5))
    assert family.role("λ = 1e-06").lipschitz_constant == pytest.approx(0.81093, abs=2e-5)


def test_divergences_of_the_lattice_gaussian_are_small():
    problem = lattice_gaussian().members[0].problem
    assert TotalVariation().value(problem.fake, problem.real).value < 0.21
    assert JensenShannon().value(problem.fake, problem.real).value < 0.04


def test_the_derivative_of_v_agrees_with_finite_differences():
    problem = zoo.load("case4", n=4, losses=losses.logistic(), regularizer=LipschitzPenalty(0.5))
    direction = np.array([0.6, 0.8])
    family = moved(problem, 1, direction, (1e-4,)).solved(solve)
    move = the_move(family)
    assert not isinstance(move, str)
    np.testing.assert_allclose(move.direction, direction, atol=1e-12)
    slope = plan_derivative(readings(family)[move.base], move).middle
    difference = (family.members[2].value - family.members[0].value) / 2e-4
    assert slope == pytest.approx(difference, abs=1e-6)


def test_at_a_kink_of_v_nothing_is_decided():
    """Case 6: all four distances are equal, the plan is not unique, and V has a kink."""
    problem = zoo.load("case6", losses=losses.wasserstein(), regularizer=LipschitzPenalty(0.5))
    family = moved(problem, 0, np.array([1.0, 1.0]), (1e-5,)).solved(solve)
    assert claims.get("own.value-derivative").check(family).status is VerdictStatus.INCONCLUSIVE


# --- a wrong formula must be caught ---


def wrongly(monkeypatch, module, name, wrong) -> None:
    right = getattr(module, name)
    monkeypatch.setattr(module, name, lambda *arguments: wrong(right(*arguments)))


@pytest.mark.parametrize("factor", [-1.0, 0.9, 1.01])
def test_a_wrong_derivative_is_caught(factor, monkeypatch):
    problem = zoo.load("case4", n=4, losses=losses.logistic(), regularizer=LipschitzPenalty(0.5))
    family = moved(problem, 1, np.array([0.6, 0.8]), (1e-5,)).solved(solve)
    wrongly(monkeypatch, moved_point, "plan_derivative", lambda slope: slope * factor)
    assert decide(moved_point._measure(family)) is VerdictStatus.VIOLATED


@pytest.mark.parametrize("factor", [0.999, 1.001])
def test_a_wrong_slope_of_j_is_caught(factor, monkeypatch):
    problem = zoo.load("case4", n=4, losses=losses.logistic())
    family = along_radius("", problem, (0.5, 1.0)).solved(solve)
    wrongly(monkeypatch, balls, "reweighted_w1", lambda cost: cost * factor)
    assert decide(balls._measure_slope(family)) is VerdictStatus.VIOLATED


def test_a_wrong_w1_is_caught(monkeypatch):
    problem = zoo.load("case4", n=4, losses=losses.wasserstein())
    family = Family.in_roles("", {"the pair": solve(problem)})
    wrongly(monkeypatch, divergence, "w1_interval", lambda w1: w1 * 0.999)
    assert decide(divergence._measure(family)) is VerdictStatus.VIOLATED


def test_too_fast_a_fall_is_caught(monkeypatch):
    problem = zoo.load("case4", n=4, losses=losses.logistic())
    family = along_radius("", problem, (0.5, 1.0)).solved(solve)
    assert guaranteed_rate(readings(family)[1]) > 0
    wrongly(monkeypatch, fixed_constant, "guaranteed_rate", lambda rate: 1.5)
    assert decide(fixed_constant._measure_falls(family)) is VerdictStatus.VIOLATED


def test_a_loose_member_makes_a_family_inconclusive():
    problem = zoo.load("case4", n=4, losses=losses.logistic())
    family = along_weight("", problem, (0.1, 0.2)).solved(solve)
    optimal = family.members[0]
    loose = Candidate.of(optimal.problem, lambda z: 1.02 * optimal.critic(z), optimal.certificate.plan)
    doubtful = dataclasses.replace(family, members=(loose, family.members[1]))
    claim = claims.get("own.value-along-lambda")
    assert claim.check(doubtful).status is VerdictStatus.NOT_APPLICABLE
    assert decide(claim.measure(doubtful)) is VerdictStatus.INCONCLUSIVE


# --- what users see ---


def test_a_family_is_asked_for_in_words():
    claim = claims.get("own.value-along-lambda")
    with pytest.raises(InputError, match=r"decided on a Family, got Solution; Family\.along"):
        claim.check(solve(zoo.load("two-diracs")))


def test_inconclusive_families_say_what_to_do():
    problem = zoo.load("case6", losses=losses.wasserstein(), regularizer=LipschitzPenalty(0.5))
    family = moved(problem, 0, np.array([1.0, 1.0]), (1e-5,)).solved(solve)
    assert "Solve its problems with a smaller rtol" in claims.get("own.value-derivative").explain(family)


def test_measures_that_are_no_chain_are_refused():
    line = tuple(DiscreteMeasure([[z]]) for z in (0.0, 1.0, 2.0))
    family = chain("", line, losses.wasserstein(), 1.0).solved(solve)
    claim = claims.get("lgan.section-4.1.metric")
    assert claim.check(family).status is VerdictStatus.VIOLATED
    swapped = dataclasses.replace(family, members=family.members[::-1])
    assert claim.check(swapped).unmet[0].startswith("three measures: ")


def test_the_square_root_of_d_is_a_metric_for_wasserstein():
    line = tuple(DiscreteMeasure([[z]]) for z in (0.0, 1.0, 2.0))
    parts = [np.sqrt(r.divergence.middle) for r in readings(chain("", line, losses.wasserstein(), 1.0).solved(solve))]
    assert parts[0] + parts[1] == pytest.approx(parts[2], rel=1e-12)


def test_parallel_lines_are_recognised_by_the_same_heights():
    family = parallel_lines((0.0, 0.5), 4).solved(solve)
    claim = claims.get("wgan.example-1")
    assert claim.check(family).status is VerdictStatus.HOLDS
    moved_along = dataclasses.replace(family, at=(0.0, 0.6))
    assert "do not lie on the lines" in claim.check(moved_along).unmet[0]


def test_solved_members_are_shared_between_families():
    case = next(iter(claims.get("own.value-along-lambda").cases(Budget.QUICK)))
    first, again = subject_of(case), subject_of(case)
    assert all(one is other for one, other in zip(first.members, again.members, strict=True))


@pytest.mark.parametrize("claim", FAMILY_CLAIMS, ids=lambda claim: claim.id)
def test_names_of_cases_are_unique(claim):
    names = [case.name for case in claim.cases(Budget.FULL)]
    assert len(names) == len(set(names))


def test_cases_of_one_name_are_the_same_for_all_claims():
    known: dict[str, str] = {}
    for claim in FAMILY_CLAIMS:
        for case in claim.cases(Budget.QUICK):
            assert case.family is not None
            plain = str([problem.to_json() for problem in case.family.members])
            assert known.setdefault(case.name, plain) == plain


@pytest.mark.parametrize("claim", FAMILY_CLAIMS, ids=lambda claim: claim.id)
def test_a_family_of_one_is_answered_whatever_the_claim(claim):
    alone = Family.in_roles("alone", {"the pair": solve(zoo.load("two-diracs", losses=losses.wasserstein()))})
    verdict = claim.check(alone)
    assert verdict.status in {VerdictStatus.NOT_APPLICABLE, VerdictStatus.HOLDS}
    assert verdict.explain().split("\n")[-1].startswith("Verdict: ")


def test_common_noise_is_recognised_where_the_first_point_has_no_mass():
    real = DiscreteMeasure([[0.0], [1.0]], [0.0, 1.0])
    clean = CriticProblem(DiscreteMeasure([[0.0]]), real, losses.wasserstein(), LipschitzPenalty(1.0))
    atoms, masses = np.array([[0.0], [1.0]]), np.array([0.25, 0.75])
    blurred = dataclasses.replace(
        clean, fake=with_noise(clean.fake, atoms, masses), real=with_noise(real, atoms, masses)
    )
    other = dataclasses.replace(blurred, real=with_noise(real, 2.0 * atoms, masses))
    for noisy, common in ((blurred, True), (other, False)):
        members = ProblemFamily.in_roles("noise", {"without": clean, "with": noisy}).solved(solve)
        assert bool(COMMON_NOISE.test(members)) is common
