"""Progress of exact solvers, and what is left when they are stopped."""

import numpy as np
import pytest

from toylab import CriticProblem, DiscreteMeasure, InputError, LipschitzPenalty, SolverError, Status, losses, solve
from toylab.solvers import InteriorPoint, Multiscale
from toylab.solvers.headway import PARTS, Headway


def clouds(n: int) -> CriticProblem:
    rng = np.random.default_rng(3)
    fake, real = rng.normal(size=(n, 2)), rng.normal((1.0, 0.5), size=(n, 2))
    return CriticProblem(DiscreteMeasure(fake), DiscreteMeasure(real), losses.logistic(), LipschitzPenalty(0.1))


class Told:
    """A progress function that keeps what it was told, and stops the solver when it has been told often enough."""

    def __init__(self, stop_at: float = np.inf) -> None:
        self.calls, self.stop_at = [], stop_at

    def __call__(self, done, total, numbers) -> None:
        self.calls.append((done, total, dict(numbers)))
        if len(self.calls) >= self.stop_at:
            raise KeyboardInterrupt


SOLVERS = pytest.mark.parametrize(
    ("solver", "n"), [(InteriorPoint, 20), (Multiscale, 300)], ids=["InteriorPoint", "Multiscale"]
)


@SOLVERS
def test_progress_never_goes_back_and_tells_gap_and_constant(solver, n):
    told, silent = Told(), solve(clouds(n), solver())
    solution = solve(clouds(n), solver(progress=told))
    shares = np.array([done / total for done, total, _ in told.calls])
    assert np.all(np.diff(shares) >= 0)
    assert shares[0] < 0.5 < shares[-1] <= 1
    assert told.calls[-1][2]["k"] == pytest.approx(solution.lipschitz_constant, rel=0.1)
    assert solution.value == silent.value, "being watched changes nothing"


@SOLVERS
def test_an_interruption_keeps_the_best_critic_so_far(solver, n):
    problem, told = clouds(n), Told()
    exact = solve(problem, solver(progress=told))
    stopped = solve(problem, solver(progress=Told(len(told.calls) // 2 + 1)), throw=False)
    assert stopped.status is Status.INTERRUPTED
    assert solver().rtol < stopped.certificate.relative_gap < np.inf
    assert stopped.certificate.dual <= exact.value + exact.certificate.gap
    assert stopped.value >= exact.certificate.dual
    with pytest.raises(SolverError, match="stopped by the user"):
        solve(problem, solver(progress=Told(2)))


def interrupted(*_arguments):
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("solver", "where", "n"),
    [
        (InteriorPoint(), "toylab.solvers.interior_point.predictor_corrector", 20),
        (Multiscale(), "toylab.solvers.multiscale.rounds.edge_step", 300),
    ],
    ids=["InteriorPoint", "Multiscale"],
)
def test_where_nobody_watches_an_interruption_stops_whoever_asked(solver, where, n, monkeypatch):
    monkeypatch.setattr(where, interrupted)
    with pytest.raises(KeyboardInterrupt):
        solve(clouds(n), solver, throw=False)


def test_an_interruption_while_the_dense_engine_helps_keeps_what_the_sparse_one_has(monkeypatch):
    monkeypatch.setattr("toylab.solvers.multiscale.rounds._STALLED_AFTER", -1)
    monkeypatch.setattr("toylab.solvers.interior_point.NormalisedProgram", interrupted)
    stopped = solve(clouds(300), Multiscale(progress=Told()), throw=False)
    assert stopped.status is Status.INTERRUPTED
    assert stopped.certificate.relative_gap < np.inf


def test_a_level_that_is_stopped_is_carried_to_the_points_themselves():
    problem = clouds(1100)  # levels of 256, 512 and more
    stopped = solve(problem, Multiscale(progress=Told(1)), throw=False)
    assert stopped.status is Status.INTERRUPTED
    assert stopped.certificate.plan.shape == (1100, 1100)
    assert stopped.certificate.relative_gap < 1, "nearer to the optimum than the best constant is"


def test_progress_has_to_be_a_function():
    with pytest.raises(InputError, match="progress must be a function of"):
        solve(clouds(4), InteriorPoint(progress=7))  # pyright: ignore[reportArgumentType]
    with pytest.raises(InputError, match="progress must be a function of"):
        solve(clouds(4), Multiscale(progress="bar"))  # pyright: ignore[reportArgumentType]


def test_headway_is_the_logarithm_of_the_gap_within_a_stretch():
    told = Told()
    headway = Headway(told)
    headway.stretch(0.2, 0.6, 1e-4)
    for gap in (1.0, 1e-2, 1e-1, 1e-4, np.nan):
        headway.at(gap, 1.0)
    headway.stretch(0.6, 1.0, 1e-4)
    headway.at(1e-2, 1.0)
    shares = [done / total for done, total, _ in told.calls]
    assert shares == pytest.approx([0.2, 0.4, 0.4, 0.6, 0.6, 0.6], abs=1 / PARTS)
