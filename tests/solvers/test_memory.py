"""Memory that is not there: foreseen before any work, and answered with the sparse engine where it runs out midway."""

import numpy as np
import pytest
import torch

from toylab import losses
from toylab.errors import InputError, SolverError
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzPenalty
from toylab.solution import Status
from toylab.solvers import InteriorPoint, Multiscale, Transport, base, interior_point, solve
from toylab.solvers.multiscale import rounds


def problem(n, pair=None):
    rng = np.random.default_rng(0)
    fake, real = rng.normal(size=(n, 2)), rng.normal(size=(n, 2)) + 1.0
    return CriticProblem(DiscreteMeasure(fake), DiscreteMeasure(real), pair or losses.logistic(), LipschitzPenalty(0.1))


OUT_OF_MEMORY = [
    torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB"),
    RuntimeError("[enforce fail at alloc_cpu.cpp:118] DefaultCPUAllocator: can't allocate memory"),
    MemoryError("Unable to allocate 745. GiB for an array"),
]


@pytest.mark.parametrize("error", OUT_OF_MEMORY, ids=["cuda", "torch", "numpy"])
@pytest.mark.parametrize("where", ["NormalisedProgram", "predictor_corrector"])
def test_memory_that_runs_out_midway_is_answered_with_the_sparse_engine(where, error, monkeypatch):
    def fail(*_arguments):
        raise error

    monkeypatch.setattr(interior_point, where, fail)
    # the sparse engine begins with a dense one of its own
    with pytest.warns(RuntimeWarning, match=r"'cpu' ran out of memory .*Multiscale"):
        solution = solve(problem(300), InteriorPoint())
    assert solution.status is Status.OPTIMAL
    assert solution.certificate.relative_gap <= 1e-8
    assert "ran out of memory" in solution.stats["instead"]


def test_what_even_the_sparse_engine_leaves_to_the_dense_one_is_an_error(monkeypatch):
    def fail(*_arguments):
        raise OUT_OF_MEMORY[0]

    monkeypatch.setattr(interior_point, "predictor_corrector", fail)
    with pytest.raises(SolverError, match=r"'cpu' ran out of memory .*fewer points"):
        solve(problem(10), InteriorPoint())


def test_a_sparse_engine_that_stalls_does_not_ask_for_the_memory_again(monkeypatch):
    asked = []

    def fail(*_arguments):
        asked.append(1)
        raise OUT_OF_MEMORY[2]

    monkeypatch.setattr(interior_point, "NormalisedProgram", fail)
    monkeypatch.setattr(rounds, "_STALLED_AFTER", -1)
    with pytest.warns(RuntimeWarning, match="ran out of memory"):
        solution = solve(problem(300), InteriorPoint(), throw=False)
    assert solution.status is Status.INACCURATE
    assert len(asked) == 2, "once by itself, once to help"


def test_other_errors_of_torch_are_not_taken_for_it(monkeypatch):
    def fail(*_arguments):
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    monkeypatch.setattr(interior_point, "predictor_corrector", fail)
    with pytest.raises(RuntimeError, match="shapes"):
        solve(problem(10), InteriorPoint())


@pytest.fixture(scope="module")
def million():
    return problem(1_000_000)


@pytest.mark.parametrize(("pair", "solver"), [(losses.logistic(), Multiscale()), (losses.wasserstein(), Transport())])
def test_a_million_points_are_refused_or_announced_before_any_work(pair, solver, million, monkeypatch):
    task = CriticProblem(million.fake, million.real, pair, LipschitzPenalty(0.1))
    monkeypatch.setattr(base, "machine_gib", lambda: 4.0)
    with pytest.raises(InputError, match=r"1000000 fake and 1000000 real points would need about \d+ GiB.* has 4"):
        solve(task, solver)
    monkeypatch.setattr(base, "machine_gib", lambda: 256.0)
    with pytest.warns(RuntimeWarning, match=r"will take about \d+ hours and \d+ GiB"):
        solver.check(task)


def test_the_dense_engine_says_what_to_do_with_too_many_points(million):
    with pytest.raises(InputError, match="leave the solver out"):
        solve(million, InteriorPoint())


def test_usual_sizes_are_not_announced():
    for pair, solver in ((losses.logistic(), Multiscale()), (losses.wasserstein(), Transport())):
        solver.check(problem(2000, pair))


def test_the_memory_of_this_machine_is_known():
    assert base.machine_gib() > 0.1
