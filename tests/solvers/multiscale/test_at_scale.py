"""The sparse engine on thousands of points that are not two clouds of one size and one weight."""

import time

import numpy as np
import pytest

from toylab import losses, zoo
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzPenalty
from toylab.solution import Status
from toylab.solvers.multiscale import Multiscale
from toylab.solvers.solving import solve

pytestmark = pytest.mark.long
N = 3000


def clouds(n=N, m=N, shift=1.0):
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, 2)), rng.normal(size=(m, 2)) + np.array([shift, 0.0])


def certified(fake, real, pair=None, weight=0.1, solver=None):
    """The solution's CPU seconds."""
    fake, real = (each if isinstance(each, DiscreteMeasure) else DiscreteMeasure(each) for each in (fake, real))
    begun = time.process_time()
    solution = solve(
        CriticProblem(fake, real, pair or losses.logistic(), LipschitzPenalty(weight)), solver or Multiscale()
    )
    assert solution.status is Status.OPTIMAL
    return time.process_time() - begun


def curve(kind, n, seed):
    rng = np.random.default_rng(seed)
    t, noise = rng.random(n), 0.02 * rng.normal(size=(n, 2))
    angle = {"moons": np.pi * t, "spirals": 3.0 * np.pi * t}[kind]
    radius = {"moons": 1.0, "spirals": 0.1 + t}[kind]
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1) + noise


def awkward():
    fake, real = clouds()
    rng = np.random.default_rng(1)
    wild = rng.random((2, N)) * 10.0 ** rng.uniform(-12.0, 0.0, (2, N))
    light = np.where(rng.random((2, N)) < 0.1, 1e-12, 1.0) / N
    yield "some-light", DiscreteMeasure(fake, light[0]), DiscreteMeasure(real, light[1])
    yield "weights", DiscreteMeasure(fake, wild[0]), DiscreteMeasure(real, wild[1])
    yield "many-against-few", *clouds(30_000, 30)
    yield "few-against-many", *clouds(30, 30_000)
    yield "half-shared", np.concatenate([fake[: N // 2], real[: N // 2]]), real
    yield "coincident", fake.round(1), real.round(1)
    yield "moons", curve("moons", N, 2), np.array([1.0, 0.5]) - curve("moons", N, 3)
    yield "spirals", curve("spirals", N, 2), -curve("spirals", N, 3)
    line = np.stack([np.zeros(N), rng.random(N)], axis=1)
    yield "parallel", line, line[::-1] * [1.0, 0.9] + [0.5, 0.0]


#: With its default limit of steps the exponential ends at a relative gap of 3e-6.
NOT_YET = pytest.mark.xfail(reason="weights over twelve orders take more than 500 steps", strict=True)
AWKWARD = [
    pytest.param(fake, real, pair, id=f"{name}-{pair.name}", marks=[NOT_YET] if late else [])
    for name, fake, real in awkward()
    for pair, late in ((losses.logistic(), False), (losses.exponential(), name == "weights"))
]


@pytest.mark.parametrize(("fake", "real", "pair"), AWKWARD)
def test_awkward_data_is_certified_at_scale(fake, real, pair):
    certified(fake, real, pair)


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_coordinates_of_any_size_are_certified_at_scale(scale):
    fake, real = clouds()
    certified(scale * fake, scale * real, weight=0.1 * scale**2)
    certified(scale * fake, scale * real, losses.hinge(), weight=0.1 * scale**2)


@pytest.mark.parametrize("name", ["rings", "swiss-roll", "8-gaussians", "25-gaussians", "independent-lines"])
def test_the_zoo_is_certified_at_scale(name):
    problem = zoo.load(name, n=N, losses=losses.logistic(), regularizer=LipschitzPenalty(0.1))
    certified(problem.fake, problem.real)


@pytest.mark.parametrize("pair", [losses.logistic(), losses.sqrt(), losses.exponential()], ids=lambda pair: pair.name)
def test_eight_digits_on_request_at_scale(pair):
    certified(*clouds(), pair, solver=Multiscale(rtol=1e-8))
