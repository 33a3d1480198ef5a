"""Cyclic reduction against arithmetic with sixty digits."""

import mpmath
import numpy as np
import pytest

from toylab.solvers.line.chain_system import ChainSystem


def exactly(ground, conductance, right):
    size = len(ground)
    with mpmath.workdps(60):
        matrix = mpmath.matrix(size, size)
        for i in range(size):
            matrix[i, i] += mpmath.mpf(ground[i])
        for i in range(size - 1):
            theta = mpmath.mpf(conductance[i])
            for a, b, sign in ((i, i, 1), (i + 1, i + 1, 1), (i, i + 1, -1), (i + 1, i, -1)):
                matrix[a, b] += sign * theta
        solved = mpmath.lu_solve(matrix, mpmath.matrix(right.tolist()))
        drops = [float(solved[i] - solved[i + 1]) for i in range(size - 1)]
        return np.array([float(x) for x in solved]), np.array(drops)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 8, 9, 17])
def test_every_digit_is_kept_over_thirty_orders_of_magnitude(size):
    rng = np.random.default_rng(size)
    ground, conductance = 10.0 ** rng.uniform(-12, 2, size), 10.0 ** rng.uniform(-8, 18, size - 1)
    right = np.abs(rng.normal(size=size))
    solved, _ = exactly(ground, conductance, right)
    # a few roundings in each of the halvings, and nothing is subtracted
    np.testing.assert_allclose(ChainSystem(ground, conductance).solve(right), solved, rtol=64 * 2.3e-16)


def test_small_differences_have_digits_of_their_own():
    rng = np.random.default_rng(0)
    ground, conductance = rng.uniform(0.5, 1.0, 9), 10.0 ** rng.uniform(10, 18, 8)
    right = rng.normal(size=9)
    solved, drops = exactly(ground, conductance, right)
    system = ChainSystem(ground, conductance)
    x = system.solve(right)
    # the flow is a sum of nine terms of size 1, each off by a few roundings
    np.testing.assert_allclose(system.drops(right, x) * conductance, drops * conductance, rtol=0, atol=64 * 2.3e-16)
    assert np.abs((x[:-1] - x[1:]) * conductance - drops * conductance).max() > 1e-6  # as the plain differences are
    assert np.abs(solved).max() < 10
