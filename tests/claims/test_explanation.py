"""Every claim explains itself, whatever the outcome: numbers of the deciding entry, no blanks, the verdict last."""

import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given
from scipy.optimize import brentq
from scipy.special import expit

from tests.strategies import problems
from toylab import claims, losses, zoo
from toylab.claims import Budget, Claim, Evidence, Verdict, VerdictStatus
from toylab.critics import LowerExtension
from toylab.markup import number
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty
from toylab.solution import Candidate
from toylab.solvers.solving import solve
from toylab.verification.cases import subject_of

CONTROLS = [(claim, control) for claim in claims.ALL for control in claim.controls]
each_claim = pytest.mark.parametrize("claim", claims.ALL, ids=lambda claim: claim.id)


def check_text(verdict: Verdict) -> str:
    text = verdict.explain()
    lines = text.split("\n")
    assert len(lines) <= 25
    assert lines[0].startswith(f"{verdict.claim.id}, {verdict.claim.sources[0]}: {verdict.claim.statement}")
    assert lines[1].startswith("Case: ")
    assert lines[-1].startswith(f"Verdict: {verdict.status.value}. ")
    assert all(line.rstrip().endswith((".", ":", ")")) for line in lines), text
    words = text.replace("(", " ").replace(",", " ").replace(":", " ").split()
    assert not {"nan", "inf", "-inf", "None"} & set(words), text
    for hypothesis in verdict.claim.hypotheses:
        assert sum(line[2:].startswith(f"{mark} {hypothesis.name}: ") for line in lines for mark in "✓✗–") == 1
    index = verdict.worst()
    if verdict.evidence is not None and index is not None:
        residual, error = verdict.evidence.residual[index], verdict.evidence.error[index]
        deciding = f"{number(float(residual), 3)}, {'but ' * bool(residual > error)}at most {number(float(error), 3)}"
        assert any(deciding in line for line in lines), text
        assert sum(line.startswith("  – ") and "is allowed" in line for line in lines) <= 3
    return text


@each_claim
def test_a_case_of_every_claim(claim):
    decided = (claim.check(subject_of(case)) for case in claim.cases(Budget.QUICK))
    verdict = next(verdict for verdict in decided if verdict.status is claim.expected)
    text = check_text(verdict)
    assert claim.explain(verdict.subject) == text
    assert "✗" not in text
    assert text.count("✓") == len(claim.hypotheses)
    if claim.expected is VerdictStatus.VIOLATED:
        assert "known to be false" in text


@pytest.mark.parametrize(
    ("claim", "control"), CONTROLS, ids=[f"{claim.id}-{i}" for i, (claim, _) in enumerate(CONTROLS)]
)
def test_every_control(claim, control):
    text = check_text(claim.check_control(control))
    assert "What contradicts the statement: " in text
    if control.breaks is not None:
        assert f"Without '{control.breaks}' the statement fails here." in text
        assert f"– {control.breaks}: not asked for; " in text
        without = check_text(claim.check(control.subject()))
        assert f"✗ {control.breaks}: " in without
        assert "To repair it, " in without
        assert f"waive=['{control.breaks}']" in without


@each_claim
def test_every_hypothesis_says_how_it_is_met_and_how_it_is_repaired(claim):
    for hypothesis in claim.hypotheses:
        assert hypothesis.repair
    assert claim.argument is not None


@given(problem=problems())
def test_whatever_the_problem(problem):
    solution = solve(problem, throw=False)
    for claim in claims.ALL:
        if claim.subject_type is Candidate:
            check_text(claim.check(solution))
            unmet = [h.name for h in claim.hypotheses if not h.test(solution)]
            if unmet == ["certified optimal"]:
                check_text(claim.check(solution, waive=unmet))


def test_the_numbers_are_those_of_the_closed_form():
    """Two Diracs at distance 1, logistic, λ = .1: σ(−s) = .4 s, values ∓s, k = 2 s, slopes ± σ(−s)."""
    s = float(brentq(lambda t: expit(-t) - 0.4 * t, 0.0, 5.0, xtol=1e-15))  # type: ignore[arg-type]
    fake, real = DiscreteMeasure([[0.0, 0.0]]), DiscreteMeasure([[1.0, 0.0]])
    solution = solve(CriticProblem(fake, real, losses.logistic(), LipschitzPenalty(0.1)))
    text = claims.get("lgan.theorem-3").explain(solution)
    assert f"fake (0, 0) has slope {expit(-s):.4g}; its best partner is real (1, 0)" in text
    assert f"f rises by {2 * s:.7g} over distance 1, where k·distance = {2 * s:.7g}" in text
    assert "Here 1 point has slope > 0 and 1 point has slope < 0." in text
    assert f"the certified gap is {solution.certificate.gap:.3g}" in text
    assert f"relative gap is {solution.certificate.relative_gap:.2g}, at most 1e-06" in text
    assert "φ' runs through (0, 1), ϕ' through (-1, 0), and φ'(a) + ϕ'(a) = 0 at a = 0" in text


def test_what_contradicts_the_earlier_bounding_theorem_is_the_shared_point():
    claim = claims.get("iclr.theorem-2")
    text = claim.check_control(claim.controls[0]).explain()
    assert "shared (1, 0), as a fake, has slope -0.8; its best partner is shared (0, 0), and towards it" in text
    assert "f falls by 0.8 over distance 1" in text
    assert "slack 1.6" in text


def test_angles_of_the_other_norms_are_said():
    claim = claims.get("lgan.theorem-4")
    cosines = {1: np.dot([1, 1], [2, 1]) / np.sqrt(10), 3: 0.9762, 4: 0.9430}
    degrees = [f"an angle of {np.degrees(np.arccos(c)):.3g}°" for c in cosines.values()]
    texts = [claim.check_control(control).explain() for control in claim.controls]
    assert degrees[0] in texts[0]
    assert degrees[1] in texts[2]
    assert degrees[2] in texts[3]
    assert "the ball of l_inf, the dual of l_1" in texts[0]


def test_nothing_under_the_statement_is_degenerate():
    measure = DiscreteMeasure([[0.0, 0.0], [1.0, 0.5]], [0.3, 0.7])
    same = solve(CriticProblem(measure, measure, losses.logistic(), LipschitzPenalty(0.1)))
    for name in ("lgan.theorem-2a", "lgan.theorem-2b", "lgan.theorem-3", "iclr.theorem-2"):
        verdict = claims.get(name).check(same)
        assert verdict.status is VerdictStatus.NOT_APPLICABLE
        assert "Degenerate: nothing in this case" in check_text(verdict)
    for name in ("lgan.theorem-2d", "lgan.theorem-1", "lgan.theorem-1.existence"):
        check_text(claims.get(name).check(same))
    assert "Degenerate" in check_text(
        claims.get("lgan.proposition-1").check(
            solve(CriticProblem(measure, measure, losses.wasserstein(), LipschitzBall(1.0)))
        )
    )


def test_one_point_that_both_measures_share():
    point = DiscreteMeasure([[1.0, 2.0]])
    for pair, regularizer in itertools.product(
        (losses.logistic(), losses.wasserstein()), (LipschitzPenalty(0.1), LipschitzBall(1.0))
    ):
        same = solve(CriticProblem(point, point, pair, regularizer))
        for claim in claims.ALL:
            if claim.subject_type is Candidate:
                check_text(claim.check(same))


def test_a_critic_of_constant_0_taken_at_its_word():
    problem = zoo.load("case4", n=4)
    idle = Candidate.of(problem, LowerExtension(problem.support.points, np.zeros(8), 0.0))
    for name in ("lgan.theorem-2a", "lgan.theorem-2b", "lgan.theorem-3", "iclr.theorem-2.disjoint", "lgan.theorem-2d"):
        text = check_text(claims.get(name).check(idle, waive=["certified optimal"]))
        assert "the certificate puts k* in [0, 0]" in text


def loose(residual: float, error: float, resolution: float, subject: object) -> Verdict:
    """A verdict of Theorem 3 with one entry of our own."""
    base = claims.get("lgan.theorem-3")
    evidence = Evidence.of(residual, error, resolution=resolution, scale=1.0, labels=["an entry"])
    claim: Claim = dataclasses.replace(base, measure=lambda candidate: evidence, argument=None)
    return claim.check(subject)


def test_inconclusive_says_how_much_tighter_the_certificate_must_be():
    solution = solve(zoo.load("case4", n=4))
    verdict = loose(0.0, 0.5, 0.01, solution)
    assert verdict.status is VerdictStatus.INCONCLUSIVE
    text = check_text(verdict)
    assert "The bound must be 50 times smaller." in text
    assert f"rtol={solution.certificate.relative_gap / 50:.1g}" in text
    assert "No certificate of this critic can tell" in check_text(loose(0.0, np.inf, 0.01, solution))
    assert "out of reach of float64" in check_text(loose(0.0, 1e5, 1e-5, solution))


def test_a_claim_without_an_argument_of_its_own_names_its_entries():
    text = check_text(loose(0.0, 0.001, 0.01, solve(zoo.load("case4", n=4))))
    assert "– an entry: residual 0, at most 0.001 is allowed." in text
    assert claims.get("lgan.theorem-3").rationale in text
