"""The names DESIGN promises, used as a newcomer would use them."""

import numpy as np
import pytest
import torch

import toylab


def test_every_public_name_exists():
    for name in toylab.__all__:
        first = getattr(toylab, name)
        assert first is not None
        assert getattr(toylab, name) is first, "a module of this name has taken its place"
    with pytest.raises(AttributeError, match="nonsense"):
        _ = toylab.nonsense


def test_the_path_from_two_measures_to_a_verdict():
    fake = toylab.DiscreteMeasure(np.array([[0.0, 0.0], [0.0, 1.0]]))
    real = toylab.DiscreteMeasure(np.array([[1.0, 0.0], [1.0, 1.0]]), weights=[0.5, 0.5])
    problem = toylab.CriticProblem(
        fake, real, losses=toylab.losses.logistic(), regularizer=toylab.LipschitzPenalty(0.1)
    )
    exact = toylab.solve(problem)
    assert exact.status is toylab.Status.OPTIMAL
    assert exact.certificate.plan.shape == (2, 2)
    assert exact.critic.gradient(fake.points) == pytest.approx(exact.lipschitz_constant * np.array([[1, 0], [1, 0]]))
    verdict = toylab.claims.get("lgan.theorem-3").check(exact)
    assert verdict.status is toylab.VerdictStatus.HOLDS
    assert "Verdict: holds" in verdict.explain()


def test_a_users_own_torch_module_is_certified():
    problem = toylab.zoo.load("case4", n=4)
    torch.manual_seed(0)
    module = torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.ReLU(), torch.nn.Linear(8, 1))
    certificate = toylab.certify(problem, module)
    assert 0 < certificate.relative_gap < np.inf
    assert certificate.critic_excess is not None
    assert certificate.critic_excess >= 0
    exact = toylab.solve(problem)
    assert certificate.dual <= exact.value + exact.certificate.gap <= certificate.primal + exact.certificate.gap


def test_problems_and_candidates_survive_json():
    exact = toylab.solve(toylab.zoo.load("random-overlap", n=5))
    again = toylab.Candidate.from_json(exact.to_json())
    assert again.value == pytest.approx(exact.value, rel=1e-12)
    assert again.certificate.relative_gap <= 1e-8


def test_solver_names():
    for name in toylab.solvers.__all__:
        first = getattr(toylab.solvers, name)
        assert callable(first)
        assert getattr(toylab.solvers, name) is first, "a module of this name has taken its place"
    with pytest.raises(AttributeError, match="Simplex"):
        _ = toylab.solvers.Simplex
