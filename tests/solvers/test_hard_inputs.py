"""What strains a solver, for every exact one: coincident and shared points, tiny weights, any scale, lopsided sizes."""

from dataclasses import replace

import numpy as np
import pytest

from toylab import losses
from toylab.errors import InputError, SolverError
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzPenalty
from toylab.solution import Status
from toylab.solvers.bundle import Bundle
from toylab.solvers.column_generation import shortlisted_transport
from toylab.solvers.interior_point import InteriorPoint
from toylab.solvers.line import LineInteriorPoint, LineTransport
from toylab.solvers.linear_programs import CompactDual, KantorovichRubinstein
from toylab.solvers.multiscale import Multiscale
from toylab.solvers.reference import Reference
from toylab.solvers.solving import solve
from toylab.solvers.transport import Transport

CURVED = ("logistic", "sqrt", "exponential", "quadratic(0, 1)")
STRAIGHT = ("wasserstein",)
KINKED = ("hinge",)
#: Every exact solver with the losses it takes and the dimension of the points; it refuses all other losses.
ENGINES = {
    "dense": (InteriorPoint(), CURVED + STRAIGHT + KINKED, 2),
    "sparse": (Multiscale(coarsest=4), CURVED + KINKED, 2),
    "sparse, 1e-8": (Multiscale(coarsest=4, rtol=1e-8), CURVED + KINKED, 2),
    "bundle": (Bundle(), CURVED + STRAIGHT, 2),
    "conic": (Reference(), CURVED + STRAIGHT + KINKED, 2),
    "network simplex": (Transport(), STRAIGHT, 2),
    "compact dual": (CompactDual(), STRAIGHT, 2),
    "all ordered pairs": (KantorovichRubinstein(), STRAIGHT, 2),
    "sorting": (LineTransport(), STRAIGHT, 1),
    "line": (LineInteriorPoint(), CURVED + STRAIGHT + KINKED, 1),
}


def clouds(n, m, dimension):
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, dimension)), rng.normal(size=(m, dimension)) + np.eye(1, dimension)


def inputs(dimension):
    """Name -> fake points and weights, real points, unit of λ."""
    x, y = clouds(8, 6, dimension)
    return {
        "coincident points": (np.concatenate([x, x, x[:3]]), None, np.concatenate([y, y[:2]]), 1.0),
        "shared points": (np.concatenate([x, y[:3]]), None, np.concatenate([y, x[:2]]), 1.0),
        "all points shared, other weights": (x, np.arange(1.0, 9.0), x[::-1], 1.0),
        "a weight of 1e-12": (x, np.array([1e-12, *np.ones(7)]), y, 1.0),
        "scale 1e-6": (1e-6 * x, None, 1e-6 * y, 1e-12),
        "scale 1e6": (1e6 * x, None, 1e6 * y, 1e12),
        "1000 against 1": (clouds(1000, 1, dimension)[0], None, y[:1], 1.0),
        "1 against 1000": (x[:1], None, clouds(1, 1000, dimension)[1], 1.0),
        "one point a side": (x[:1], None, y[:1], 1.0),
    }


def problem(name, loss, dimension):
    x, p, y, unit = inputs(dimension)[name]
    return CriticProblem(DiscreteMeasure(x, p), DiscreteMeasure(y), losses.get(loss), LipschitzPenalty(0.1 * unit))


def entries():
    for engine, (_, taken, dimension) in ENGINES.items():
        for name in inputs(dimension):
            slow = engine == "all ordered pairs" and "1000" in name  # a million constraints
            for loss in taken:
                yield pytest.param(engine, name, loss, marks=[pytest.mark.long] if slow else [])


@pytest.mark.parametrize(("engine", "name", "loss"), list(entries()))
def test_certified(engine, name, loss):
    solver, _, dimension = ENGINES[engine]
    solution = solve(problem(name, loss, dimension), solver, throw=False)
    assert solution.status is Status.OPTIMAL, solution.certificate.relative_gap
    assert solution.certificate.relative_gap <= solver.rtol


@pytest.mark.parametrize("engine", ENGINES)
def test_other_losses_are_refused_before_any_work(engine):
    solver, taken, dimension = ENGINES[engine]
    for loss in set(CURVED + STRAIGHT + KINKED) - set(taken):
        with pytest.raises(InputError, match=rf"(needs|solves).*; use |{type(solver).__name__}"):
            solve(problem("shared points", loss, dimension), solver)


@pytest.mark.parametrize("name", inputs(2))
def test_the_simplex_on_lists_of_pairs_moves_the_same_cost(name):
    """Up to what raising the fakes to feasibility may cost, 1e-9 of it, and rounding of the sums."""
    given = problem(name, "wasserstein", 2)
    support = given.support
    surplus = support.fake_weights - support.real_weights
    fakes, reals = np.flatnonzero(surplus > 0), np.flatnonzero(surplus < 0)
    p, q = surplus[fakes] / surplus[fakes].sum(), surplus[reals] / surplus[reals].sum()
    found = shortlisted_transport(support.points[fakes], p, support.points[reals], q, 1e-9, coarsest=4)
    assert found.status is Status.OPTIMAL
    cost = surplus[fakes].sum() * float(found.mass @ found.distance)
    assert cost == pytest.approx(solve(given, Transport()).certificate.cost, rel=1e-9 + 1e-12)


LIMITED = [InteriorPoint(max_iterations=2), Multiscale(coarsest=4, max_iterations=2), Bundle(max_iterations=2)]
LIMITED += [LineInteriorPoint(max_iterations=2)]


@pytest.mark.parametrize("solver", LIMITED, ids=lambda solver: type(solver).__name__)
def test_an_iteration_limit_is_a_status_with_the_gap_and_what_to_try(solver):
    given = problem("coincident points", "logistic", 1)
    found = solve(given, solver, throw=False)
    if isinstance(solver, Multiscale):  # the dense engine helps where all pairs are few, with the same limit
        assert found.status in {Status.ITERATION_LIMIT, Status.INACCURATE}
    else:
        assert found.status is Status.ITERATION_LIMIT
    assert solver.rtol < found.certificate.relative_gap < np.inf
    with pytest.raises(
        SolverError, match=rf"{type(solver).__name__} reached a relative gap of .*, not {solver.rtol:.2g}"
    ):
        solve(given, solver)


STRICT = [InteriorPoint(), Multiscale(coarsest=4), Bundle(), Reference(), LineInteriorPoint()]


@pytest.mark.parametrize("solver", STRICT, ids=lambda solver: type(solver).__name__)
def test_an_accuracy_beyond_float64_is_a_status_with_the_accuracy_that_can_be_had(solver):
    given = problem("coincident points", "logistic", 1)
    strict = replace(solver, rtol=1e-30)
    found = solve(given, strict, throw=False)
    assert found.status is not Status.OPTIMAL
    assert found.certificate.relative_gap <= 1e-6
    if found.certificate.relative_gap > 0 and found.status is Status.INACCURATE:
        with pytest.raises(SolverError, match=r"rtol=1e-\d+ can be had"):
            solve(given, strict)
