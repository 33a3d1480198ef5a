"""The plain torch loop: right, reproducible, and independent of the solvers it is compared with."""

import numpy as np
import pytest
import torch
from torch import nn

import toylab
from toylab.bench.critic_double_backward import DoubleBackward
from toylab.errors import InputError
from toylab.solution import Status
from toylab.solvers.network import CertifiedGap, Schedule


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def small(steps=200, **changes):
    settings = {"width": 16, "depth": 2, "schedule": Schedule(steps=steps), "device": "cpu"}
    return DoubleBackward(**{**settings, **changes})


def two_points(loss, weight=0.5):
    fake, real = toylab.DiscreteMeasure(np.zeros((1, 2))), toylab.DiscreteMeasure(np.array([[1.0, 0.0]]))
    return toylab.CriticProblem(fake, real, toylab.losses.get(loss), toylab.LipschitzPenalty(weight))


def test_two_points_under_the_wasserstein_loss_have_the_constant_of_the_formula():
    """k* = d / 2λ; at a relative gap g of V = −W₁²/4λ the constant is within k* √g of it (strong convexity)."""
    problem = two_points("wasserstein")
    solution = toylab.solve(problem, small(800, stopping=CertifiedGap(first=100)), throw=False)
    gap = solution.certificate.relative_gap
    assert gap <= 1e-3
    assert solution.lipschitz_constant == pytest.approx(1.0, abs=np.sqrt(gap) + 1e-6)


def test_the_certificate_of_its_critic_is_a_valid_bound():
    problem = toylab.zoo.load("case4", n=4)
    exact = toylab.solve(problem)
    trained = toylab.solve(problem, small(150, activation=nn.ReLU, batch=8), throw=False)
    assert trained.certificate.dual <= exact.value + 1e-12
    assert trained.value >= exact.value - exact.certificate.gap
    assert trained.stats["steps"] == 150


def test_the_seed_decides_and_the_global_state_is_left_alone():
    problem = toylab.zoo.load("case4", n=4)
    state = torch.get_rng_state()
    first, again, other = (toylab.solve(problem, small(30, seed=seed), throw=False) for seed in (3, 3, 4))
    assert torch.equal(torch.get_rng_state(), state)
    assert np.array_equal(first.fake_values, again.fake_values)
    assert not np.array_equal(first.fake_values, other.fake_values)


def test_a_rate_that_diverges_is_said_and_the_best_critic_is_kept():
    problem = toylab.zoo.load("case4", n=4, losses=toylab.losses.exponential())
    wild = small(400, schedule=Schedule(steps=400, learning_rate=50.0), stopping=CertifiedGap(first=1))
    solution = toylab.solve(problem, wild, throw=False)
    assert solution.status is Status.DIVERGED
    assert np.isfinite(solution.value)


class Impatient(CertifiedGap):
    def done(self, judgement):
        raise KeyboardInterrupt


def test_an_interruption_keeps_the_best_critic():
    solution = toylab.solve(toylab.zoo.load("case4", n=4), small(stopping=Impatient(first=40)), throw=False)
    assert solution.status is Status.INTERRUPTED
    assert solution.stats["steps"] == 40
    assert np.isfinite(solution.value)


def test_a_ball_is_refused():
    problem = toylab.zoo.load("case4", n=4, regularizer=toylab.LipschitzBall(1.0))
    with pytest.raises(InputError, match="trains with a LipschitzPenalty, got LipschitzBall"):
        toylab.solve(problem, small())
