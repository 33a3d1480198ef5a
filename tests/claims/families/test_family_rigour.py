"""True statements about families are never violated, however far the critics are from optimal."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.claims.families.builders import BUILDERS
from tests.claims.test_rigour import perturbed
from tests.strategies import examples, problems, regularizers
from toylab import claims, losses
from toylab.claims import VerdictStatus, decide
from toylab.claims.families import FAMILY_CLAIMS
from toylab.problem import CriticProblem, Unrestricted
from toylab.solution import Candidate
from toylab.solvers.solving import solve

SYMMETRIC = st.sampled_from([losses.logistic(), losses.sqrt(), losses.exponential(), losses.wasserstein()])
STRICT = st.sampled_from([losses.logistic(), losses.sqrt(), losses.exponential()])
PLANE = problems(losses=SYMMETRIC, regularizers=regularizers, most=4, dimensions=(2,))
STRICT_PLANE = problems(losses=STRICT, regularizers=regularizers, most=4, dimensions=(2,))
TRUE = [name for name in BUILDERS if claims.get(name).expected is VerdictStatus.HOLDS]


def test_every_true_claim_on_random_measures_has_a_builder():
    on_fixed_shapes = {"own.hinge-plateau", "wgan.example-1"}
    assert {c.id for c in FAMILY_CLAIMS if c.expected is VerdictStatus.HOLDS} == {*TRUE, *on_fixed_shapes}


@pytest.mark.parametrize("name", TRUE)
@examples(6)
@given(data=st.data(), exponent=st.floats(-9.0, -1.0), seed=st.integers(0, 1000))
def test_worse_critics_never_contradict_a_true_statement(name, data, exponent, seed):
    claim = claims.get(name)
    problem = data.draw(STRICT_PLANE if name == "own.same-support-limit" else PLANE)
    family = BUILDERS[name](problem)
    rng = np.random.default_rng(seed)

    def solver(one: CriticProblem) -> Candidate:
        if isinstance(one.regularizer, Unrestricted) or one.support.equal_measures or rng.uniform() < 0.3:
            return solve(one, throw=False)
        return perturbed(one, 10.0**exponent, int(rng.integers(1000)))

    subject = family.solved(solver)
    asked = [hypothesis for hypothesis in claim.hypotheses if hypothesis.name != "certified optimal"]
    if not all(hypothesis.test(subject) for hypothesis in asked):
        return
    evidence = claim.measure(subject)
    if len(evidence):
        verdict = decide(evidence)
        worst = int(np.argmin(evidence.margins()))
        said = f"{evidence.labels[worst]}: {evidence.residual[worst]} > {evidence.error[worst]}"
        assert verdict is not VerdictStatus.VIOLATED, said


@pytest.mark.parametrize("name", TRUE)
@examples(3)
@given(data=st.data())
def test_optimal_critics_never_contradict_a_true_statement(name, data):
    problem = data.draw(STRICT_PLANE if name == "own.same-support-limit" else PLANE)
    subject = BUILDERS[name](problem).solved(lambda one: solve(one, throw=False))
    verdict = claims.get(name).check(subject)
    assert verdict.status is not VerdictStatus.VIOLATED, verdict.explain()
