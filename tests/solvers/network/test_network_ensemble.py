import numpy as np
import pytest
import torch

import toylab
from toylab import losses, solve, solve_many, zoo
from toylab.errors import InputError, SolverError
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzPenalty
from toylab.solution import Status
from toylab.solvers.network import MLP, CertifiedGap, MaxGP, Minibatch, NetworkSolver, Tanh, curriculum, ensemble

NEVER = CertifiedGap(relative_gap=0.0, relative_excess=0.0)
EVERYWHERE = np.random.default_rng(0).uniform(-1.5, 1.5, size=(50, 2))


def quick(**changes):
    """Without a polish: it minimises to 1e-9 only, and a Wasserstein critic's offset not at all."""
    return MaxGP(**{"steps": 100, "device": "cpu", "stopping": NEVER, "width": 16, "polish": (), **changes})


def case(n, loss, weight, seed=0):
    return zoo.load("case4", n=n, seed=seed, losses=loss, regularizer=LipschitzPenalty(weight))


#: Losses, penalty weights, data and sizes differ; losses come back after another one.
DIFFERENT = [
    case(10, losses.logistic(), 0.1),
    case(8, losses.wasserstein(), 1.0, 1),
    case(15, losses.logistic(), 0.01, 2),
    case(9, losses.sqrt(), 10.0, 3),
    case(12, losses.logistic(), 1.0, 4),
]


@pytest.fixture
def float64(monkeypatch):
    """Training in float64: rounding, which kinks amplify, then stays far below what a mistake would change."""
    monkeypatch.setattr(curriculum, "_DTYPE", torch.float64)


def same(one, other, tolerance):
    scale = np.ptp(other.critic(EVERYWHERE)) + 1e-6
    assert one.critic(EVERYWHERE) == pytest.approx(other.critic(EVERYWHERE), abs=tolerance * scale)
    assert set(one.history) == set(other.history)
    for name in ("loss", "steepest_gradient", "relative_gap", "relative_excess"):
        size = np.abs(other.history[name]).max()
        assert one.history[name] == pytest.approx(other.history[name], rel=tolerance, abs=tolerance * size + 1e-12)
    assert one.history["judged_step"].tolist() == other.history["judged_step"].tolist()
    assert one.status is other.status
    for name in ("steps", "seed", "member", "solver", "ensemble_size"):
        assert one.stats[name] == other.stats[name]


@pytest.mark.parametrize("changes", [{}, {"batches": Minibatch(6)}, {"ensemble_size": 2}], ids=str)
def test_an_ensemble_equals_its_members(float64, changes):
    solver = quick(**changes)
    together = solve_many(DIFFERENT, solver)
    for problem, solution in zip(DIFFERENT, together, strict=True):
        assert solution.problem is problem
        same(solution, solve(problem, solver), 1e-9)  # a rounding of 1e-16, amplified by 100 steps


def test_an_ensemble_equals_its_members_in_single_precision():
    solver = quick(steps=40)
    for problem, solution in zip(DIFFERENT, solve_many(DIFFERENT, solver), strict=True):
        same(solution, solve(problem, solver), 1e-3)  # rounding of 6e-8, amplified by 40 steps with kinks


def test_seeds_of_one_problem(float64):
    problem, solvers = DIFFERENT[0], [quick(seed=seed) for seed in (5, 6, 5)]
    runs = solve_many(problem, solvers)
    assert [run.stats["seed"] for run in runs] == [5, 6, 5]
    same(runs[0], runs[2], 1e-9)
    assert not np.allclose(runs[0].critic(EVERYWHERE), runs[1].critic(EVERYWHERE), atol=1e-3)
    same(runs[1], solve(problem, solvers[1]), 1e-9)


def test_more_members_than_fit_a_team(float64, monkeypatch):
    monkeypatch.setattr(ensemble, "_TOGETHER_ON_CPU", 2)
    for problem, solution in zip(DIFFERENT, solve_many(DIFFERENT, quick(steps=30)), strict=True):
        same(solution, solve(problem, quick(steps=30)), 1e-9)


def test_who_is_done_leaves_and_the_others_go_on(float64):
    rule = CertifiedGap(relative_gap=0.5, relative_excess=0.5, first=10, growth=1.3)
    solver = quick(steps=300, stopping=rule)
    together = solve_many(DIFFERENT, solver)
    steps = [solution.stats["steps"] for solution in together]
    assert len(set(steps)) > 1
    assert all(solution.status is Status.CONVERGED for solution in together)
    for problem, solution in zip(DIFFERENT, together, strict=True):
        same(solution, solve(problem, solver), 1e-9)
        assert len(solution.history["loss"]) == solution.stats["steps"]


def test_one_that_diverges_does_not_harm_the_others():
    wild = case(10, losses.exponential(), 1e-9)
    problems = [DIFFERENT[0], wild, DIFFERENT[2]]
    solver = quick(steps=200, learning_rate=0.5)
    good, bad, other = solve_many(problems, solver)
    assert bad.status is Status.DIVERGED
    assert "learning rate" in bad.status.value
    assert np.isfinite(bad.critic(EVERYWHERE)).all()
    assert bad.value <= 2.0 + 1e-12  # never worse than the best constant critic
    assert bad.stats["steps"] < 200
    for solution in (good, other):
        assert solution.status is not Status.DIVERGED
        assert solution.stats["steps"] == 200


def test_nan_in_a_step_is_divergence(monkeypatch):
    step = ensemble.AnalyticStep.take
    taken = []

    def poisoned(self, inputs, outputs):
        taken.append(1)
        if len(taken) == 120:
            self.net.flat.fill_(torch.nan)
        step(self, inputs, outputs)

    monkeypatch.setattr(ensemble.AnalyticStep, "take", poisoned)
    rule = CertifiedGap(relative_gap=0.0, relative_excess=0.0, first=90)
    solution = solve(DIFFERENT[0], quick(steps=500, stopping=rule))
    assert solution.status is Status.DIVERGED
    assert solution.stats["steps"] == 150
    assert solution.history["judged_step"].tolist() == [90, 117, 150]
    assert solution.value < 2 * np.log(2) - 0.01  # the critic of step 117, better than none


def test_interruption_keeps_the_best_critics_of_all():
    def interrupt(step, total, information):
        if step >= 100:
            raise KeyboardInterrupt

    rule = CertifiedGap(relative_gap=0.5, relative_excess=0.5, first=10)
    together = solve_many(DIFFERENT, quick(steps=5000, stopping=rule, progress=interrupt, polish=MaxGP().polish))
    interrupted = [solution for solution in together if solution.status is Status.INTERRUPTED]
    assert 0 < len(interrupted) < len(together)
    for solution in together:
        if solution in interrupted:
            assert solution.stats["steps"] == solution.history["judged_step"][-1] == 100
        assert len(solution.history["loss"]) == solution.stats["steps"]
        certificate = solution.certificate
        assert certificate.relative_gap < 1.0  # better than the best constant critic


def test_progress_of_many_is_that_of_the_hardest():
    seen = []
    rule = CertifiedGap(relative_gap=0.0, relative_excess=0.0, first=25, growth=100.0)
    solver = quick(steps=120, stopping=rule, progress=lambda *report: seen.append(report))
    solutions = solve_many(DIFFERENT[:3], solver)
    assert [(step, total) for step, total, _ in seen] == [(50, 120), (100, 120), (120, 120)]
    for _, _, numbers in seen:
        assert set(numbers) == {"loss", "objective", "k", "relative_gap", "relative_excess", "training"}
        assert all(np.isfinite(number) for number in numbers.values())
        assert numbers["training"] == 3
    gap, excess = ([s.history[name][0] for s in solutions] for name in ("relative_gap", "relative_excess"))
    worst = int(np.argmax(np.add(gap, excess)))
    assert seen[0][2]["relative_gap"] == gap[worst]
    assert seen[0][2]["k"] == pytest.approx(solutions[worst].history["steepest_gradient"][49])


def test_starts_of_one_seed_differ_and_the_best_is_returned():
    problem = DIFFERENT[0]
    starts = solve(problem, quick(ensemble_size=4))
    assert starts.stats["member"] in range(4)
    assert starts.stats["objective"] <= solve(problem, quick()).stats["objective"] + 1e-4


def test_other_compositions_and_exact_solvers_are_solved_in_turn():
    problems = DIFFERENT[:2]
    smooth = quick(steps=20, architecture=MLP(width=8, activation=Tanh()))
    solutions = solve_many([*problems, *problems], [smooth, smooth, None, toylab.solvers.Transport()])
    assert [s.stats["solver"] for s in solutions] == ["NetworkSolver", "NetworkSolver", "InteriorPoint", "Transport"]
    same(solutions[1], solve(problems[1], smooth), 1e-9)
    assert solutions[2].value == solve(problems[0]).value
    assert [s.status for s in solve_many(problems)] == [Status.OPTIMAL] * 2
    assert solve_many([]) == []


def test_one_solver_object_of_a_kind_is_enough_for_a_batch():
    assert quick(seed=1).goes_with(DIFFERENT[0], quick(seed=2), DIFFERENT[1])
    assert not quick().goes_with(DIFFERENT[0], quick(steps=7), DIFFERENT[1])
    assert not quick().goes_with(DIFFERENT[0], quick(), case(300, losses.logistic(), 0.1))
    line = CriticProblem(DiscreteMeasure([[0.0]] * 9), DiscreteMeasure([[1.0]] * 9), losses.sqrt(), LipschitzPenalty(1))
    assert not quick().goes_with(DIFFERENT[0], quick(), line)


def test_bad_jobs_are_refused_before_any_work_and_named():
    calls = []
    solver = quick(progress=lambda *report: calls.append(report))
    ball = CriticProblem(DIFFERENT[0].fake, DIFFERENT[0].real, losses.logistic(), toylab.LipschitzBall(1.0))
    with pytest.raises(InputError, match="problem 1 of 2: a Lipschitz ball"):
        solve_many([DIFFERENT[0], ball], solver)
    with pytest.raises(InputError, match="2 problems and 3 solvers"):
        solve_many(DIFFERENT[:2], [solver] * 3)
    with pytest.raises(InputError, match="CriticProblem"):
        solve_many([DIFFERENT[0], "case4"], solver)  # type: ignore[list-item]
    with pytest.raises(InputError, match="CriticProblem"):
        solve_many(7)  # type: ignore[arg-type]
    assert not calls


def test_a_device_without_memory(monkeypatch):
    """What a GPU that is too small does: "auto" goes on on the CPU and says so, a name is an error."""
    from toylab.solvers import devices

    def advance(self, steps):
        if not failing:
            return whole(self, steps)
        raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB")

    whole, failing = ensemble.Ensemble.advance, [True]
    monkeypatch.setattr(ensemble.Ensemble, "advance", advance)
    with pytest.raises(SolverError, match=r"'cpu' ran out of memory .*fewer points"):
        solve(DIFFERENT[0], quick())

    def found(name):
        assert name == "auto"
        return torch.device("cuda")

    monkeypatch.setattr(devices, "find_device", found)
    runs = []

    def run(self):
        runs.append(self._device)
        if self._device.type == "cuda":
            raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB")
        failing.clear()
        return train(self)

    train = curriculum.Curriculum.run
    monkeypatch.setattr(curriculum.Curriculum, "run", run)
    monkeypatch.setattr(curriculum.Curriculum, "_make_engine", _no_engine_but_on_the_cpu)
    with pytest.warns(RuntimeWarning, match=r"cuda ran out of memory .*on the CPU"):
        solution = solve(DIFFERENT[0], quick(device="auto"))
    assert [device.type for device in runs] == ["cuda", "cpu"]
    assert solution.stats["device"] == "cpu"


_REAL = curriculum.Curriculum._make_engine


def _no_engine_but_on_the_cpu(self, ordered):
    return _REAL(self, ordered) if self._device.type == "cpu" else None


def test_the_public_name():
    assert toylab.solve_many is toylab.solvers.solve_many
    assert isinstance(MaxGP(), NetworkSolver)
