"""The Newton system against dense solves of the matrix it stands for, in float64 and in 120 digits."""

from typing import Any

import mpmath
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from toylab.solvers.newton import _gram
from toylab.solvers.pairs import Pairs


def dense(pairs: Pairs, theta: torch.Tensor, curvature: torch.Tensor) -> np.ndarray:
    matrix = np.diag(curvature.numpy())
    for i, x in enumerate(pairs.fakes.tolist()):
        for j, y in enumerate(pairs.reals.tolist()):
            weight = float(theta[i, j])
            matrix[x, x] += weight
            matrix[y, y] += weight
            matrix[x, y] -= weight
            matrix[y, x] -= weight
    return matrix


SHAPES = {
    "disjoint, more fakes": ([0, 1, 2, 3], [4, 5]),
    "disjoint, more reals": ([0], [1, 2, 3]),
    "some shared": ([0, 1, 2, 3], [2, 3, 4]),
    "all shared": ([0, 1, 2], [0, 1, 2]),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_solution_fits_the_dense_matrix(shape):
    fakes, reals = (torch.tensor(side) for side in SHAPES[shape])
    size = int(max(fakes.max(), reals.max())) + 1
    pairs, rng = Pairs(fakes, reals, size), np.random.default_rng(0)
    theta = torch.tensor(rng.uniform(size=(len(fakes), len(reals))))
    theta[fakes[:, None] == reals] = 0.0
    curvature = torch.tensor(rng.uniform(0.1, 1, size))
    right = torch.tensor(rng.normal(size=(size, 2)))
    found = pairs.factorised(theta, curvature).solve(right).numpy()
    matrix = dense(pairs, theta, curvature)
    # condition number at most (1 + 2 · size)/0.1
    np.testing.assert_allclose(found, np.linalg.solve(matrix, right.numpy()), rtol=0, atol=1e-12)


def test_without_curvature_one_point_is_held():
    pairs = Pairs(torch.tensor([0, 1]), torch.tensor([2]), 3)
    theta = torch.tensor([[1.0], [2.0]], dtype=torch.float64)
    right = torch.tensor([[1.0], [1.0], [-2.0]], dtype=torch.float64)  # sums to 0: solvable
    found = pairs.factorised(theta, torch.zeros(3, dtype=torch.float64)).solve(right).numpy()
    np.testing.assert_allclose(dense(pairs, theta, torch.zeros(3)) @ found, right.numpy(), atol=1e-14)


def test_outflow_and_drop_are_adjoint():
    pairs, rng = Pairs(torch.tensor([0, 1, 2]), torch.tensor([2, 3]), 4), np.random.default_rng(0)
    mass, values = torch.tensor(rng.uniform(size=(3, 2))), torch.tensor(rng.normal(size=4))
    left, right = float(pairs.outflow(mass) @ values), float((mass * pairs.drop(values)).sum())
    assert left == pytest.approx(right, rel=1e-13)


def test_unequal_weights_lose_no_digits():
    """A chain of pairs over sixteen orders, against exact fractions: x = right / θ along the chain."""
    pairs = Pairs(torch.tensor([0]), torch.tensor([1, 2]), 3)
    theta = torch.tensor([[1e-12, 1e4]], dtype=torch.float64)
    curvature = torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64)
    right = torch.tensor([[0.0], [1e-12], [0.0]], dtype=torch.float64)
    # all of the inflow 1e-12 at point 1 leaves through the unit curvature at point 2
    f2 = 1e-12
    f0 = f2 + 1e-12 / 1e4
    found = pairs.factorised(theta, curvature).solve(right).numpy().ravel()
    np.testing.assert_allclose(found, [f0, f0 + 1.0, f2], rtol=1e-12)


def systems(rng: np.random.Generator, shape: str, decades: float) -> tuple[Pairs, torch.Tensor, torch.Tensor]:
    """Edge weights and curvatures over this many decades to either side, half of the curvatures 0."""
    fakes, reals = (torch.tensor(side) for side in SHAPES[shape])
    size = int(max(fakes.max(), reals.max())) + 1
    theta = torch.tensor(10.0 ** rng.uniform(-decades, decades, (len(fakes), len(reals))))
    theta[fakes[:, None] == reals] = 0.0
    curvature = torch.tensor(10.0 ** rng.uniform(-decades, decades, size))
    curvature[torch.tensor(rng.permutation(size)[: size // 2])] = 0.0
    return Pairs(fakes, reals, size), theta, curvature


def exact_matrix(pairs: Pairs, theta: torch.Tensor, curvature: torch.Tensor) -> Any:
    """The matrix again, summed without rounding."""
    matrix = mpmath.diag([mpmath.mpf(entry) for entry in curvature.tolist()])
    for i, x in enumerate(pairs.fakes.tolist()):
        for j, y in enumerate(pairs.reals.tolist()):
            weight = mpmath.mpf(float(theta[i, j]))
            for row, column, sign in ((x, x, 1), (y, y, 1), (x, y, -1), (y, x, -1)):
                matrix[row, column] += sign * weight
    return matrix


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.sampled_from(sorted(SHAPES)), st.sampled_from([1.0, 6.0, 12.0]), st.integers(0, 2**16))
def test_the_solution_solves_a_nearby_system_however_unequal_the_weights_are(shape, decades, seed):
    """Cholesky's bound (Higham, Accuracy and Stability, Thm 10.3): |Ax − b| ≤ 4 (3N + 1) ε d dᵀ|x| + 4 N ε |b|,
    d = √diag A, entry by entry; it holds for every weight, unlike a bound by the largest of them."""
    rng = np.random.default_rng(seed)
    pairs, theta, curvature = systems(rng, shape, decades)
    right = rng.normal(size=pairs.size) * 10.0 ** rng.uniform(-3, 3, pairs.size)
    found = pairs.factorised(theta, curvature).solve(torch.tensor(right)[:, None]).numpy().ravel()
    with mpmath.workdps(120):
        matrix, eps = exact_matrix(pairs, theta, curvature), np.finfo(float).eps
        left = matrix * mpmath.matrix([mpmath.mpf(value) for value in found])
        missed = np.array([float(abs(left[i] - mpmath.mpf(right[i]))) for i in range(pairs.size)])
        size = np.array([float(mpmath.sqrt(matrix[i, i])) for i in range(pairs.size)])
    allowed = 4 * (3 * pairs.size + 1) * eps * size * float(size @ np.abs(found)) + 4 * pairs.size * eps * np.abs(right)
    assert (missed <= allowed).all()


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.integers(1, 5), st.booleans(), st.integers(0, 2**16))
def test_every_entry_keeps_its_digits_where_one_side_is_a_point(others, mirrored, seed):
    """Nothing but sums, products and quotients of positive numbers: 4 (N + 2) roundings at most, weights 1e±15."""
    rng = np.random.default_rng(seed)
    many, one = torch.arange(others), torch.tensor([others])
    pairs = Pairs(one, many, others + 1) if mirrored else Pairs(many, one, others + 1)
    theta = torch.tensor(10.0 ** rng.uniform(-15, 15, (others, 1)))
    curvature = torch.tensor(10.0 ** rng.uniform(-15, 15, others + 1))
    curvature[torch.tensor(rng.permutation(others + 1)[: others // 2])] = 0.0
    theta = theta.T if mirrored else theta
    right = 10.0 ** rng.uniform(-5, 5, others + 1)
    found = pairs.factorised(theta, curvature).solve(torch.tensor(right)[:, None]).numpy().ravel()
    with mpmath.workdps(120):
        exact = mpmath.lu_solve(exact_matrix(pairs, theta, curvature), mpmath.matrix(right.tolist()))
        off = [float(abs(mpmath.mpf(value) / exact[i] - 1)) for i, value in enumerate(found)]
    assert max(off) <= 4 * (others + 3) * np.finfo(float).eps


def test_points_that_are_linked_ever_more_tightly_become_one():
    """θ → ∞ merges the two ends of an edge: (h₀ + h₁) f = b₀ + b₁, up to h/θ."""
    pairs = Pairs(torch.tensor([0]), torch.tensor([1]), 2)
    curvature, right = torch.tensor([2.0, 3.0], dtype=torch.float64), torch.tensor([[1.0], [4.0]], dtype=torch.float64)
    theta = torch.tensor([[1e17]], dtype=torch.float64)
    found = pairs.factorised(theta, curvature).solve(right).numpy().ravel()
    np.testing.assert_allclose(found, [1.0, 1.0], rtol=1e-15)


def test_a_symmetric_product_taken_in_blocks_is_the_whole_one():
    rows = torch.tensor(np.random.default_rng(0).uniform(size=(7, 301)))
    found, exact = _gram(rows), rows.numpy().T @ rows.numpy()
    np.testing.assert_allclose(found, exact, rtol=1e-14)  # 7 products of one sign
