"""The Newton system against a dense solve of the matrix it stands for."""

import numpy as np
import pytest
import torch

from toylab.solvers.newton import Edges, LaplacianSystem


def dense(edges: Edges, theta: torch.Tensor, curvature: torch.Tensor) -> np.ndarray:
    matrix = np.diag(curvature.numpy())
    for i, x in enumerate(edges.fakes.tolist()):
        for j, y in enumerate(edges.reals.tolist()):
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
    edges, rng = Edges(fakes, reals, size), np.random.default_rng(0)
    theta = torch.tensor(rng.uniform(size=(len(fakes), len(reals))))
    theta[fakes[:, None] == reals] = 0.0
    curvature = torch.tensor(rng.uniform(0.1, 1, size))
    right = torch.tensor(rng.normal(size=(size, 2)))
    found = LaplacianSystem(edges, theta, curvature).solve(right).numpy()
    matrix = dense(edges, theta, curvature)
    # condition number at most (1 + 2 · size)/0.1
    np.testing.assert_allclose(found, np.linalg.solve(matrix, right.numpy()), rtol=0, atol=1e-12)


def test_without_curvature_one_point_is_held():
    edges = Edges(torch.tensor([0, 1]), torch.tensor([2]), 3)
    theta = torch.tensor([[1.0], [2.0]], dtype=torch.float64)
    right = torch.tensor([[1.0], [1.0], [-2.0]], dtype=torch.float64)  # sums to 0: solvable
    found = LaplacianSystem(edges, theta, torch.zeros(3, dtype=torch.float64)).solve(right).numpy()
    np.testing.assert_allclose(dense(edges, theta, torch.zeros(3)) @ found, right.numpy(), atol=1e-14)


def test_outflow_and_drop_are_adjoint():
    edges, rng = Edges(torch.tensor([0, 1, 2]), torch.tensor([2, 3]), 4), np.random.default_rng(0)
    mass, values = torch.tensor(rng.uniform(size=(3, 2))), torch.tensor(rng.normal(size=4))
    left, right = float(edges.outflow(mass) @ values), float((mass * edges.drop(values)).sum())
    assert left == pytest.approx(right, rel=1e-13)


def test_unequal_weights_lose_no_digits():
    """A chain of edges over sixteen orders, against exact fractions: x = right / θ along the chain."""
    edges = Edges(torch.tensor([0]), torch.tensor([1, 2]), 3)
    theta = torch.tensor([[1e-12, 1e4]], dtype=torch.float64)
    curvature = torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64)
    right = torch.tensor([[0.0], [1e-12], [0.0]], dtype=torch.float64)
    # all of the inflow 1e-12 at point 1 leaves through the unit curvature at point 2
    f2 = 1e-12
    f0 = f2 + 1e-12 / 1e4
    found = LaplacianSystem(edges, theta, curvature).solve(right).numpy().ravel()
    np.testing.assert_allclose(found, [f0, f0 + 1.0, f2], rtol=1e-12)
