"""Property tests of somebody's own critic: `pytest examples/own_project`."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from my_gan import make_critic, train_critic

import toylab
from toylab.testing import ClaimViolatedError, assert_claim, problems


@pytest.fixture(scope="module")
def problem():
    return toylab.zoo.load("two-gaussians", n=8, seed=0)


def test_the_trained_gradient_points_to_real_samples(problem):
    points = (torch.tensor(measure.points, dtype=torch.float32) for measure in (problem.fake, problem.real))
    trained = train_critic(*points)
    # a trained critic is never optimal to 1e-6: read Theorem 3 as if it were, and allow slacks of 5 % of k · diameter
    assert_claim("lgan.theorem-3", problem, trained, waive="certified optimal", tolerance=0.05)


def test_an_untrained_one_is_told_apart(problem):
    with pytest.raises(ClaimViolatedError):
        assert_claim("lgan.theorem-3", problem, make_critic(), waive="certified optimal", tolerance=0.05)


@settings(max_examples=10, deadline=None)
@given(problem=problems(dimension=2))
def test_no_critic_beats_the_certified_optimum(problem):
    certificate = toylab.certify(problem, make_critic())
    optimum = toylab.solve(problem)
    rounding = 1e-9 * (1.0 + np.abs(optimum.value))
    assert certificate.dual - rounding <= optimum.value <= certificate.primal + rounding
