"""One training of the comparison: what is recorded of it, and when it is no result."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import toylab
from toylab.bench.critic_cell import Cell, CellKey, run_cell
from toylab.bench.critic_methods import Method, chosen_methods, known_methods
from toylab.errors import InputError
from toylab.solution import Solution, Status
from toylab.solvers.base import AbstractSolver, Outcome
from toylab.storage import write_json


@pytest.fixture(scope="module")
def exact():
    return toylab.solve(toylab.zoo.load("case3", n=8, seed=1))


def test_a_real_training_is_recorded_and_its_record_survives_json(exact, tmp_path):
    method, key = known_methods()["MaxGP"], CellKey(n=8, loss="logistic", seed=1, method="MaxGP")
    ticks = []
    cell = run_cell(key, method, exact, seconds=0.6, device="cpu", run="r", order=3, tick=ticks.append)
    assert cell.restriction == "λ = 0.1"
    assert cell.status == "time up"
    assert cell.cpu_seconds >= 0.6
    assert cell.wall_seconds > 0
    assert {len(values) for values in cell.series.values()} == {len(cell.series["step"])}
    assert cell.series["step"] == sorted(cell.series["step"])
    assert cell.series["cpu"] == sorted(cell.series["cpu"])
    assert cell.series["gap"][-1] == cell.end["gap"]
    # the polish only lowers J + R, so what remains after it is at most what was there before: V is the same for both
    after = np.array(cell.series["gap"]) + np.array(cell.series["excess"])
    assert cell.end["gap_to_optimum"] <= after[-1] + 1e-9
    assert min(cell.series["raw"]) >= cell.end["gap_to_optimum"] - 1e-9
    assert ticks
    write_json(tmp_path / "cell.json", cell.to_json())
    again = Cell.from_json(json.loads((tmp_path / "cell.json").read_text()))
    assert again == cell


class Fixed(AbstractSolver):
    """Hands back a critic at once, with a history of its own, like a solver that cannot be watched."""

    exact = False
    rtol = 1e-3

    def __init__(self, critic, status=Status.CONVERGED):
        self.critic, self.status = critic, status

    def check(self, problem):
        pass

    def run(self, problem):
        history = {
            "judged_step": np.array([1, 2]),
            "judged_seconds": np.array([0.5, 1.0]),
            "judged_cpu_seconds": np.array([0.25, 0.75]),
            "relative_gap": np.array([0.5, 0.05]),
            "relative_excess": np.array([0.1, 0.0]),
        }
        return Outcome(critic=self.critic, status=self.status, stats={"steps": 7}, history=history)


def fixed_method(solver):
    return Method(name="fixed", make=lambda seed, device: solver, what="")


def test_a_solver_without_parts_is_read_from_its_history(exact):
    key = CellKey(n=8, loss="logistic", seed=1, method="fixed")
    cell = run_cell(key, fixed_method(Fixed(exact.critic)), exact, seconds=1.0, device="cpu")
    assert cell.clock == "history"
    assert cell.status == "converged"
    assert cell.series["cpu"][:2] == [0.25, 0.75]
    assert cell.series["wall"][:2] == [0.5, 1.0]
    assert cell.series["gap"][:2] == [0.5, 0.05]
    assert cell.series["gap"][-1] <= exact.rtol
    assert cell.series["raw"][:2] == pytest.approx([0.6, 0.05])
    assert cell.steps == 7


def test_half_a_training_is_no_result(exact):
    key = CellKey(n=8, loss="logistic", seed=1, method="fixed")
    with pytest.raises(KeyboardInterrupt):
        run_cell(key, fixed_method(Fixed(exact.critic, Status.INTERRUPTED)), exact, seconds=1.0, device="cpu")


def test_a_method_that_does_not_apply_is_a_result_with_a_sentence(exact):
    ball = replace(exact.problem, regularizer=toylab.LipschitzBall(1.0))
    certified = toylab.solve(ball)
    assert isinstance(certified, Solution)
    key = CellKey(n=8, loss="logistic", seed=1, method="MaxGP")
    cell = run_cell(key, known_methods()["MaxGP"], certified, seconds=1.0, device="cpu")
    assert cell.status == "failed"
    assert "Lipschitz ball" in cell.failure


def test_methods_by_name():
    chosen = chosen_methods(["maxgp", "Doublebackward", "MaxGP"])
    assert [method.name for method in chosen] == ["MaxGP", "double-backward"]
    assert next(iter(known_methods())) == "MaxGP"
    assert [method.name for method in chosen_methods(["all"])] == list(known_methods())
    usual = [method.name for method in chosen_methods(None)]
    assert {"MaxGP", "double-backward", "published"} <= set(usual)
    assert not [name for name in usual if name.endswith("-published")]
    with pytest.raises(InputError, match="unknown method 'publishd'; did you mean 'published'"):
        chosen_methods(["MaxGP", "publishd"])


def test_the_published_recipe_has_the_published_numbers():
    solver: Any = known_methods()["published"].make(5, "cpu")
    assert (solver.width, solver.depth, solver.batch, solver.decay) == (1024, 4, 256, False)
    assert solver.schedule.betas == (0.0, 0.9)
    assert solver.schedule.learning_rate == 1e-4
    assert solver.schedule.penalty_share(0) == 1.0
    assert solver.seed == 5
