"""End numbers of critics whose numbers are known."""

import numpy as np
import pytest

import toylab
from toylab.bench.critic_judging import RescaledCritic, end_numbers
from toylab.solution import Candidate


@pytest.fixture(scope="module")
def exact():
    return toylab.solve(toylab.zoo.load("case3", n=8, seed=1))


class Turned:
    """A critic whose gradients are turned by an angle; its values stay."""

    def __init__(self, critic, degrees):
        self.critic = critic
        c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        self.turn = np.array([[c, -s], [s, c]])

    def __call__(self, z):
        return self.critic(z)

    def gradient(self, z):
        return self.critic.gradient(z) @ self.turn.T


def test_the_certified_critic_itself(exact):
    end = end_numbers(exact, exact)
    assert end["gap"] <= exact.rtol
    assert end["gap_to_optimum"] <= 2 * exact.rtol
    assert end["k"] == end["k_star"] == exact.lipschitz_constant
    assert end["excess"] == pytest.approx(0.0, abs=1e-9)
    # its gradient is one of the edges of the cone of partners
    assert end["cone_worst"] == pytest.approx(0.0, abs=1e-6)


def test_gradients_that_are_turned_are_off_by_that_angle(exact):
    single = np.array([len(directions) == 1 for directions in exact.bounding_directions()])
    assert single.sum() >= 4  # most fakes have one partner, so the median is that of a single direction
    end = end_numbers(Candidate.of(exact.problem, Turned(exact.critic, 25.0)), exact)
    assert end["cone_median"] == pytest.approx(25.0, abs=1e-6)
    assert end["gap"] <= exact.rtol


def test_the_raw_gap_is_the_one_before_the_rescaling(exact):
    shrunk = RescaledCritic(exact.critic, 0.5, 0.25)
    bad = toylab.certify(exact.problem, shrunk, plan=exact.certificate.plan).relative_gap
    assert bad > 0.01
    # the solver found `shrunk`, and undid it by (2, −0.5)
    end = end_numbers(exact, exact, rescaling=(2.0, -0.5))
    assert end["raw_gap"] == pytest.approx(bad, rel=1e-9)
    assert np.isnan(end_numbers(exact, exact, rescaling=(0.0, 1.0))["raw_gap"])
