"""The sparse engine against the dense one, where levels are small enough to have both, and on data that is awkward."""

import numpy as np
import pytest
import torch

from toylab import losses, zoo
from toylab.errors import InputError, SolverError
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty
from toylab.solution import Status
from toylab.solvers.interior_point import InteriorPoint
from toylab.solvers.multiscale import Multiscale, rounds
from toylab.solvers.multiscale.solver import _places
from toylab.solvers.normalised_program import NormalisedProgram
from toylab.solvers.solving import default_solver, solve

SMALL = Multiscale(coarsest=8)


def clouds(n=60, m=60, shift=1.0, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 2)), rng.normal(size=(m, 2)) + np.array([shift, 0.0])


def problem(fake, real, pair=None, regularizer=None):
    fake, real = (each if isinstance(each, DiscreteMeasure) else DiscreteMeasure(each) for each in (fake, real))
    return CriticProblem(fake, real, pair or losses.logistic(), regularizer or LipschitzPenalty(0.1))


@pytest.mark.parametrize("regularizer", [LipschitzPenalty(0.01), LipschitzPenalty(1.0, target=0.2), LipschitzBall(0.7)])
@pytest.mark.parametrize("pair", [losses.logistic(), losses.sqrt(), losses.exponential(), losses.quadratic()])
def test_both_engines_agree_within_their_gaps(pair, regularizer):
    task = problem(*clouds(50, 70), pair, regularizer)
    sparse, dense = solve(task, SMALL), solve(task, InteriorPoint())
    assert sparse.certificate.relative_gap <= 1e-6
    rounding = 1e-13 * (1.0 + abs(dense.value))
    assert dense.certificate.dual - rounding <= sparse.value <= dense.value + sparse.certificate.gap + rounding


def awkward():
    fake, real = clouds(80, 80)
    rng = np.random.default_rng(1)
    weights = rng.random(80)
    weights[:40] *= 1e-12
    line = np.zeros((80, 2))
    line[:, 0] = fake[:, 0]
    lattice = np.stack(np.meshgrid(np.arange(8.0), np.arange(8.0)), axis=-1).reshape(-1, 2)
    yield "weights", DiscreteMeasure(fake, weights), DiscreteMeasure(real, weights[::-1])
    yield "one-against-thousand", fake[:1], clouds(1, 1000)[1]
    yield "shared", np.concatenate([fake, real[:20]]), np.concatenate([real, fake[:40]])
    yield "same-support", DiscreteMeasure(fake, rng.random(80)), DiscreteMeasure(fake, rng.random(80))
    yield "duplicates", np.concatenate([fake, fake[:30], fake[:3]]), np.concatenate([real, real[:9], real[:9]])
    yield "line", line, line + np.array([0.3, 0.0])
    yield "lattice", lattice, lattice + 0.5
    yield "shared-lattice", lattice, lattice + np.array([4.0, 0.0])
    yield "outlier", np.concatenate([fake, [[1e4, 0.0]]]), real
    yield "high-dimension", rng.normal(size=(40, 30)), rng.normal(size=(40, 30)) + 0.3


@pytest.mark.parametrize("pair", [losses.logistic(), losses.exponential()], ids=lambda pair: pair.name)
@pytest.mark.parametrize(("fake", "real"), [pytest.param(f, r, id=name) for name, f, r in awkward()])
def test_awkward_data_is_certified(fake, real, pair):
    assert solve(problem(fake, real, pair), SMALL).status is Status.OPTIMAL


@pytest.mark.parametrize("weight", [1e-6, 1e4])
@pytest.mark.parametrize("pair", [losses.logistic(), losses.exponential()], ids=lambda pair: pair.name)
def test_extreme_penalties_are_certified(pair, weight):
    task = problem(*clouds(), pair, LipschitzPenalty(weight))
    assert solve(task, SMALL).certificate.relative_gap <= 1e-6


def test_scaled_problems_have_identical_iterates():
    fake, real = clouds()
    plain = solve(problem(fake, real), SMALL)
    scale = 2.0**20  # exact in float64
    scaled = solve(problem(scale * fake, scale * real, regularizer=LipschitzPenalty(0.1 * scale**2)), SMALL)
    assert scaled.stats["iterations"] == plain.stats["iterations"]
    assert (scaled.fake_values == plain.fake_values).all()
    assert scaled.lipschitz_constant * scale == plain.lipschitz_constant


def test_the_optimum_does_not_depend_on_the_order_of_the_points_their_place_or_which_measure_is_called_real():
    fake, real = clouds()
    order = np.random.default_rng(2).permutation(len(fake))
    plain = solve(problem(fake, real), SMALL)
    for other in (problem(fake[order], real), problem(fake + 64.0, real + 64.0), problem(fake, real).swapped()):
        moved = solve(other, SMALL)
        both = plain.certificate.gap + moved.certificate.gap
        assert abs(moved.value - plain.value) <= both + 1e-13
        # J + R is strongly convex in k: |k − k*| ≤ √(gap/λ)
        assert abs(moved.lipschitz_constant - plain.lipschitz_constant) <= 2.0 * np.sqrt(both / 0.1)


@pytest.mark.parametrize("name", ["swiss-roll", "two-gaussians", "case2"])
def test_the_zoo_is_certified(name):
    assert solve(zoo.load(name, n=60), SMALL).status is Status.OPTIMAL


def test_eight_digits_on_request():
    assert solve(problem(*clouds()), Multiscale(coarsest=16, rtol=1e-8)).certificate.relative_gap <= 1e-8


def test_three_levels_at_once():
    solution = solve(problem(*clouds(600, 500)), Multiscale(coarsest=32))
    assert solution.status is Status.OPTIMAL
    assert solution.stats["pairs"] < 0.1 * 600 * 500


def test_an_iteration_limit_is_a_status_with_the_gap_that_was_reached():
    limited = Multiscale(coarsest=8, max_iterations=8)
    solution = solve(problem(*clouds()), limited, throw=False)
    assert solution.status is Status.ITERATION_LIMIT
    assert 1e-6 < solution.certificate.relative_gap < 1.0
    with pytest.raises(SolverError, match="iteration limit"):
        solve(problem(*clouds()), limited)


def test_what_it_does_not_take_is_said_before_any_work():
    with pytest.raises(InputError, match="curved loss"):
        solve(problem(*clouds(), losses.wasserstein()), SMALL)
    with pytest.raises(InputError, match="coarsest"):
        solve(problem(*clouds()), Multiscale(coarsest=0))


def test_the_engine_is_picked_by_the_number_of_pairs():
    assert isinstance(default_solver(problem(*clouds())), InteriorPoint)
    many = problem(*clouds(1000, 1000))
    expected = InteriorPoint if torch.cuda.is_available() else Multiscale
    assert isinstance(default_solver(many), expected)
    hinges = [problem(*clouds(n, n), losses.hinge()) for n in (1000, 1500)]
    assert [type(default_solver(hinge)) for hinge in hinges] == [InteriorPoint, expected]


def test_rows_of_shared_cells_are_those_of_the_dense_program():
    points = np.arange(4.0)[:, None]
    subject = problem(DiscreteMeasure(points[[0, 1, 2]]), DiscreteMeasure(points[[0, 3]]))
    dense = NormalisedProgram(subject, torch.device("cpu"))
    rows, columns = _places(subject, dense)
    found = dense.distance.numpy()[np.ix_(rows, columns)] * dense.length
    assert np.allclose(found, np.abs(points[[0, 1, 2]] - points[[0, 3]].T), rtol=1e-15)


def test_some_hundred_points_a_side_are_solved_to_what_the_dense_engine_promises():
    solver = default_solver(problem(*clouds(300, 280)))
    assert isinstance(solver, Multiscale)
    assert solver.rtol == InteriorPoint.rtol
    assert isinstance(default_solver(problem(*clouds(5000, 20))), InteriorPoint)


def test_the_dense_engine_helps_where_the_sparse_one_is_lost(monkeypatch):
    monkeypatch.setattr(rounds, "_STALLED_AFTER", -1)  # no level gets beyond its first iterate
    solution = solve(problem(*clouds()), SMALL)
    assert solution.status is Status.OPTIMAL
    assert solution.stats["instead"].startswith("InteriorPoint, because Multiscale came to a relative gap of ")
