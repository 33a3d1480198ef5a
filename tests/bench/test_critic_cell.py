"""One training of the comparison: its end numbers against critics whose numbers are known, and its record."""

import json
from dataclasses import replace

import numpy as np
import pytest

import toylab
from toylab.bench.critic_cell import Cell, CellKey, RescaledCritic, end_numbers, run_cell
from toylab.bench.critic_methods import Method, chosen_methods, known_methods
from toylab.errors import InputError
from toylab.solution import Candidate, Solution, Status
from toylab.solvers.base import AbstractSolver, Outcome
from toylab.storage import write_json


@pytest.fixture(scope="module")
def exact():
    return toylab.solve(toylab.zoo.load("case3", n=8, seed=1))


class Turned:
    """A critic whose gradients are turned by an angle; its values stay."""

    def __init__(self, critic, degrees):
        self.critic = critic
        c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        self.turn = np.array([[c, -s], [s, c]])

    def __call__(self, z):
        return self.critic(z)

    def gradient(self, z):
        return self.critic.gradient(z) @ self.turn.T


def test_the_certified_critic_itself(exact):
    end = end_numbers(exact, exact)
    assert end["gap"] <= exact.rtol
    assert end["gap_to_optimum"] <= 2 * exact.rtol
    assert end["k"] == end["k_star"] == exact.lipschitz_constant
    assert end["excess"] == pytest.approx(0.0, abs=1e-9)
    # its gradient is one of the edges of the cone of partners
    assert end["cone_worst"] == pytest.approx(0.0, abs=1e-6)


def test_gradients_that_are_turned_are_off_by_that_angle(exact):
    single = np.array([len(directions) == 1 for directions in exact.bounding_directions()])
    assert single.sum() >= 4  # most fakes have one partner, so the median is that of a single direction
    end = end_numbers(Candidate.of(exact.problem, Turned(exact.critic, 25.0)), exact)
    assert end["cone_median"] == pytest.approx(25.0, abs=1e-6)
    assert end["gap"] <= exact.rtol


def test_the_raw_gap_is_the_one_before_the_rescaling(exact):
    shrunk = RescaledCritic(exact.critic, 0.5, 0.25)
    bad = toylab.certify(exact.problem, shrunk, plan=exact.certificate.plan).relative_gap
    assert bad > 0.01
    # the solver found `shrunk`, and undid it by (2, −0.5)
    end = end_numbers(exact, exact, rescaling=(2.0, -0.5))
    assert end["raw_gap"] == pytest.approx(bad, rel=1e-9)
    assert np.isnan(end_numbers(exact, exact, rescaling=(0.0, 1.0))["raw_gap"])


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
    assert len(cell.series["raw"]) == 3
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
    solver = known_methods()["published"].make(5, "cpu")
    assert (solver.width, solver.depth, solver.batch, solver.decay) == (1024, 4, 256, False)
    assert solver.schedule.betas == (0.0, 0.9)
    assert solver.schedule.learning_rate == 1e-4
    assert solver.schedule.penalty_share(0) == 1.0
    assert solver.seed == 5
