"""Error bounds are rigorous: however far a critic is from optimal, a true statement never comes out violated.

A candidate's bounds follow from its own gap. Perturbing an optimal critic widens them; the residuals grow too,
but must stay below. This is what a wrong bound, or a tolerance chosen by taste, would fail.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import problems
from toylab import claims
from toylab.claims import VerdictStatus, decide
from toylab.claims.hypotheses import DISJOINT_SUPPORTS
from toylab.critics import LowerExtension
from toylab.problem import CriticProblem, LipschitzPenalty
from toylab.solution import Candidate
from toylab.solvers.solving import solve

TRUE_CLAIMS = ["lgan.theorem-1", "lgan.theorem-2a", "lgan.theorem-2b", "lgan.theorem-3"]


def perturbed(problem: CriticProblem, size: float, seed: int) -> Candidate:
    solution = solve(problem, throw=False)
    rng = np.random.default_rng(seed)
    critic = solution.critic
    assert isinstance(critic, LowerExtension)
    noise = size * (1.0 + np.abs(critic.values)) * rng.normal(size=len(critic.values))
    constant = critic.lipschitz_constant * (1.0 + size * abs(rng.normal()))
    return Candidate.of(
        problem, LowerExtension(critic.centres, critic.values + noise, constant), solution.certificate.plan
    )


@given(problem=problems(), exponent=st.floats(-9.0, -1.0), seed=st.integers(0, 1000))
@pytest.mark.parametrize("name", TRUE_CLAIMS)
def test_true_statements_are_never_violated_by_a_worse_critic(name, problem, exponent, seed):
    claim = claims.get(name)
    candidate = perturbed(problem, 10.0**exponent, seed)
    relevant = [h for h in claim.hypotheses if h.name != "certified optimal"]
    if not all(hypothesis.test(candidate) for hypothesis in relevant):
        return
    verdict = decide(claim.measure(candidate))
    assert verdict is not VerdictStatus.VIOLATED


@given(problem=problems(), exponent=st.floats(-9.0, -1.0), seed=st.integers(0, 1000))
def test_on_disjoint_supports_nobody_lacks_an_opposite_partner(problem, exponent, seed):
    candidate = perturbed(problem, 10.0**exponent, seed)
    if DISJOINT_SUPPORTS.test(candidate) and problem.losses.condition_11():
        measured = claims.get("iclr.theorem-2.disjoint").measure(candidate)
        assert decide(measured) is not VerdictStatus.VIOLATED


@given(problem=problems())
def test_the_optimal_critic_is_never_contradicted(problem):
    solution = solve(problem, throw=False)
    for claim in claims.ALL:
        if claim.subject_type is Candidate and claim.expected is VerdictStatus.HOLDS:
            verdict = claim.check(solution)
            assert verdict.status is not VerdictStatus.VIOLATED, verdict.explain()


def test_a_loose_certificate_is_inconclusive_rather_than_anything_goes():
    from toylab import losses, zoo

    problem = zoo.load("case4", n=6, losses=losses.logistic(), regularizer=LipschitzPenalty(0.1))
    loose = perturbed(problem, 0.03, 0)
    claim = claims.get("lgan.theorem-2b")
    assert claim.check(loose).status is VerdictStatus.NOT_APPLICABLE
    assert decide(claim.measure(loose)) is VerdictStatus.INCONCLUSIVE
