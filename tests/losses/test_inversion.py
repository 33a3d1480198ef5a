"""Inverting slopes: closed forms, SciPy's own root finder, and brackets that keep their promise."""

import numpy as np
import pytest
from scipy.optimize import elementwise
from scipy.special import logit

from toylab import losses
from toylab.losses.inversion import invert_increasing, shrink_bracket

EPS = float(np.finfo(float).eps)
SLOPES = np.array([1e-12, 1e-3, 0.3, 0.5, 0.75, 1 - 1e-9])


@pytest.mark.parametrize(
    ("name", "inverse"),
    [
        ("logistic", logit),
        ("sqrt", lambda u: (u - 1) / np.sqrt(u * (2 - u))),
        ("exponential", np.log),
        ("quadratic", lambda u: u / 2),
    ],
)
def test_closed_forms(name, inverse):
    loss = losses.get(name).fake_loss
    found = invert_increasing(loss.slope, SLOPES)
    # up to rounding of the slope itself, which the curvature turns into an error of the argument
    error = 16 * EPS * (np.abs(found) + SLOPES / loss.curvature(found))
    assert (np.abs(found - inverse(SLOPES)) <= error).all()


def test_ends_of_the_range_are_infinite():
    slope = losses.logistic().fake_loss.slope
    assert invert_increasing(slope, np.array([-1.0, 0.0, 1.0, 2.0])).tolist() == [-np.inf, -np.inf, np.inf, np.inf]


def test_further_arguments_follow_their_elements():
    weights = np.array([1.0, 2.0, 3.0])
    found = invert_increasing(lambda t, w: w * t, np.array([2.0, 2.0, 2.0]), (weights,))
    assert found == pytest.approx(2.0 / weights, rel=4 * EPS)


def cubic(x: np.ndarray, goal: np.ndarray) -> np.ndarray:
    return x**3 + x - goal


def test_the_root_is_that_of_scipy():
    goal = np.random.default_rng(0).normal(size=50) * 10.0 ** np.arange(-25, 25)
    low, high = np.full(50, -1e10), np.full(50, 1e10)
    ours = shrink_bracket(
        lambda x: cubic(x, goal), (low, cubic(low, goal)), (high, cubic(high, goal)), relative=4 * EPS
    )
    theirs = elementwise.find_root(cubic, (low, high), args=(goal,), maxiter=300)
    assert ours.best == pytest.approx(theirs.x, rel=16 * EPS)


@pytest.mark.parametrize("width", [1e-2, 1e-6, 1e-12])
def test_a_bracket_keeps_both_signs_and_the_width_asked_for(width):
    goal = np.linspace(-3, 3, 31) + 0.01
    low, high = np.full(31, -50.0), np.full(31, 40.0)
    asked = 0

    def counted(x: np.ndarray) -> np.ndarray:
        nonlocal asked
        asked += 1
        return cubic(x, goal)

    found = shrink_bracket(counted, (low, cubic(low, goal)), (high, cubic(high, goal)), absolute=width)
    assert (cubic(found.lower, goal) <= 0).all()
    assert (cubic(found.upper, goal) > 0).all()
    assert ((found.upper - found.lower <= width) | (cubic(found.best, goal) == 0.0)).all()
    assert asked < np.log2(90 / width)  # faster than bisection


def test_a_jump_is_closed_in_on():
    at = np.array([0.3, -7.0, 0.0])
    low, high = np.full(3, -10.0), np.full(3, 10.0)
    found = shrink_bracket(lambda x: np.where(x > at, 5.0, -1.0), (low, low), (high, high), absolute=1e-9)
    assert (found.lower <= at).all()
    assert (at < found.upper).all()
    assert (found.upper - found.lower <= 1e-9).all()
