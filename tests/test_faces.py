"""What a notebook shows of each object: the numbers of its attributes, names escaped, nothing heavy loaded."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.pages import face
from toylab import claims, losses
from toylab.claims import Budget, VerdictStatus
from toylab.comparison import Comparison, compare
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty
from toylab.solution import Candidate, Status
from toylab.solvers.solving import solve
from toylab.verification import TrainingReport, VerificationReport, verify
from toylab.verification.training import TrainingCase

EVIL = '<img src=x onerror="alert(1)">&amp;'


@pytest.fixture(scope="module")
def problem():
    fake = DiscreteMeasure([[0.0, 0.0], [0.0, 1.0], [1.0, 1.0]], [1.0, 2.0, 0.0])
    real = DiscreteMeasure([[1.0, 0.0], [2.0, 1.0]])
    return CriticProblem(fake, real, losses.logistic(), LipschitzPenalty(0.1))


@pytest.fixture(scope="module")
def solution(problem):
    return solve(problem)


def test_measure():
    text = face(DiscreteMeasure([[0.0, 5.0], [0.5, 1.0], [7.0, 7.0]], [1.0, 3.0, 0.0])).text
    for shown in ("3 in dimension 2, 1 of them without mass", "[0, 7] × [1, 7]", "0.25 to 0.75"):
        assert shown in text
    assert "0.5 each" in face(DiscreteMeasure([[0.0], [1.0]])).text
    assert "× …" in face(DiscreteMeasure(np.zeros((1, 4)))).text


def test_losses():
    text = face(losses.logistic()).text
    for shown in ("φ(t) = ln(1 + exp(t))", "✓ holds", "φ' runs through (0, 1), ϕ' through (-1, 0)", "a = 0"):
        assert shown in text
    text = face(losses.hinge()).text
    assert "✗ fails" in text
    assert "φ' > 0 fails" in text
    assert "{1}" in losses.wasserstein().describe_condition_11()
    assert "(0, ∞)" in losses.exponential().describe_condition_11()


@pytest.mark.parametrize(
    ("regularizer", "shown"),
    [
        (LipschitzPenalty(0.25), "+ 0.25·k²"),
        (LipschitzPenalty(0.25, 2.0), "+ 0.25·max(k − 2, 0)²"),
        (LipschitzBall(3.0), "subject to k ≤ 3"),
    ],
)
def test_problem(problem, regularizer, shown):
    text = face(CriticProblem(problem.fake, problem.real, problem.losses, regularizer)).text
    assert shown in text
    assert "3 in dimension 2" in text
    assert "no point" in text
    shared = CriticProblem(problem.real, problem.real, problem.losses, regularizer)
    assert "2 points with mass of both" in face(shared).text


def test_solution(solution):
    text = face(solution).text
    certificate = solution.certificate
    low, high = solution.problem.regularizer.constant_interval(certificate.cost, certificate.gap)
    for shown in (
        "✓ optimal",
        solution.problem.describe(),
        Status.OPTIMAL.value,
        f"{solution.value:.12g}",
        f"{certificate.dual:.12g}",
        f"{certificate.gap:.3g}",
        f"{certificate.relative_gap:.3g} of what the best constant critic leaves to gain",
        f"{solution.lipschitz_constant:.8g}, k* in [{low:.8g}, {high:.8g}]",
        f"InteriorPoint, {solution.stats['iterations']} iterations",
    ):
        assert shown in text
    unfinished = dataclasses.replace(solution, status=Status.ITERATION_LIMIT, stats={})
    assert "? iteration limit" in face(unfinished).text


def test_candidate_without_gradients_and_without_a_finite_gap(problem):
    assert "excess" not in face(Candidate.of(problem, lambda z: z[:, 0])).text
    outside = CriticProblem(problem.fake, problem.real, losses.wasserstein(), LipschitzBall(1.0))
    text = face(Candidate.of(outside, lambda z: 9.0 * z[:, 0])).text
    assert "∞" in text
    assert "k* in" not in text


def test_certificate_splits_its_gap_into_terms_that_add_up(problem, solution):
    for candidate in (solution, Candidate.of(problem, lambda z: z[:, 0])):
        certificate = candidate.certificate
        terms = certificate.parts()
        assert all(term >= 0 for _, term in terms)
        assert sum(term for _, term in terms) == pytest.approx(certificate.gap, rel=1e-8)  # what is left out of parts()
        page = face(certificate)
        for name, term in terms:
            assert name in page.text
            assert f"{term:.3g}" in page.text
        widths = [style for name, style in page.attributes if name == "style" and style and "width:" in style]
        for _, term in terms:
            assert any(f"width:{100 * term / certificate.gap:.1f}%" in style for style in widths)


def test_verdicts(solution):
    claim = claims.get("lgan.theorem-3")
    verdict = claim.check(solution)
    text = face(verdict).text
    worst = verdict.to_json()["worst"]
    for shown in ("✓ holds", claim.statement, f"{worst['residual']:.3g}", f"{worst['error']:.3g}", worst["label"]):
        assert shown in text
    for line in verdict.explain().split("\n"):
        assert line.strip() in text
    control = claim.check_control(claim.controls[0])
    text = face(control).text
    assert "✗ violated" in text
    assert "certified optimal" in text
    assert claim.controls[0].why in text
    waiting = claims.get("lgan.theorem-2c").check(solution)
    assert "– not-applicable" in face(waiting).text
    assert waiting.unmet[0] in face(waiting).text
    false = claims.get("iclr.theorem-2")
    assert "✓ violated, as it must" in face(false.check_control(false.controls[0])).text


@pytest.mark.parametrize("claim", claims.ALL, ids=lambda claim: claim.id)
def test_claims(claim):
    text = face(claim).text
    for shown in (claim.statement, *claim.sources, *claim.aliases, *(h.sentence for h in claim.hypotheses)):
        assert shown in text
    for control in claim.controls:
        assert control.why in text


def test_reports(solution):
    report = verify("lgan.theorem-4")
    text = face(report).text
    assert "12: 12 holds" in text
    assert text.count("violated, as it must") == 6
    assert report.worst is not None
    assert f"margin {report.worst.margin:.3g}" in text
    comparison = compare(solution, solution, partners="reweighted coupling", cones=solution.bounding_directions())
    text = face(comparison).text
    assert f"{comparison.median_angle:.3g}" in text
    assert f"against k* = {solution.lipschitz_constant:.6g}" in text
    case = TrainingCase(name="a case", problem=solution.problem)
    training = TrainingReport(case=case, comparisons=(comparison,), status="converged", seconds=1.5)
    assert "1.5 s" in face(training).text
    whole = VerificationReport(budget=Budget.QUICK, claims=(report,), training=(training,))
    text = face(whole).text
    for shown in ("everything as expected", "lgan.theorem-4", "6/6 violated", "a case"):
        assert shown in text
    empty = VerificationReport(budget=Budget.QUICK, claims=(), training=())
    assert "nothing selected" in face(empty).text


def test_what_should_have_been_violated_and_was_not_is_no_success():
    report = verify("lgan.theorem-4")
    calm = dataclasses.replace(report.controls[0], status=VerdictStatus.HOLDS)
    assert "✗ holds" in face(dataclasses.replace(report, controls=(calm,))).text
    false = dataclasses.replace(report.claim, expected=VerdictStatus.VIOLATED)
    assert "? holds, expected violated" in face(dataclasses.replace(report, claim=false)).text


def test_a_comparison_without_partners_says_so():
    nothing = Comparison(
        relative_gap=0.1,
        excess=float("nan"),
        k_support=0.0,
        k_gradient=float("nan"),
        k_star=0.0,
        partners="nobody",
        angles=np.array([np.nan]),
    )
    assert "no fake has a partner above it" in face(nothing).text


def test_names_from_users_are_escaped(problem):
    pair = dataclasses.replace(losses.logistic(), name=EVIL)
    named = CriticProblem(problem.fake, problem.real, pair, problem.regularizer)
    solution = solve(named)
    for thing in (pair, named, solution, claims.get("lgan.theorem-3").check(solution)):
        page = face(thing)
        assert EVIL in page.text


def test_plain_representations_are_one_short_line(solution):
    verdict = claims.get("lgan.theorem-3").check(solution)
    report = verify("lgan.theorem-4")
    case = TrainingCase(name="a case", problem=solution.problem)
    comparison = compare(solution, solution, partners="coupling", cones=solution.bounding_directions())
    things = [
        solution,
        solution.problem,
        solution.certificate,
        verdict,
        verdict.evidence,
        verdict.claim,
        verdict.claim.controls[0],
        report,
        report.verdicts[0],
        comparison,
        TrainingReport(case=case, comparisons=(comparison,), status="converged", seconds=1.0, trained=solution),
        next(iter(claims.get("lgan.theorem-4").cases(Budget.QUICK))).subject,
    ]
    for thing in things:
        assert "\n" not in repr(thing)
        assert len(repr(thing)) < 250, repr(thing)


def test_faces_load_nothing_heavy():
    code = """
import sys, toylab
problem = toylab.zoo.load("two-diracs")
candidate = toylab.Candidate.of(problem, lambda z: z[:, 0], [[0.3]])
claim = toylab.claims.get("lgan.theorem-3")
for thing in (problem, problem.fake, problem.losses, candidate, candidate.certificate, claim, claim.check(candidate)):
    thing._repr_html_()
print([name for name in ("torch", "matplotlib", "cvxpy", "ot", "IPython") if name in sys.modules])
"""
    root = Path(__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
