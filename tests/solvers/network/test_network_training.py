import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.optimize import brentq

import toylab.losses
from toylab import zoo
from toylab.certificate import certify
from toylab.errors import InputError
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzPenalty
from toylab.solution import Status
from toylab.solvers import solve
from toylab.solvers.network import MLP, CertifiedGap, LeakyReLU, MaxGP, Minibatch, NetworkSolver
from toylab.solvers.network.normalisation import NormalisedProblem

NEVER = CertifiedGap(relative_gap=0.0, relative_excess=0.0)
EVERYWHERE = np.random.default_rng(0).uniform(-1.5, 1.5, size=(50, 2))


def quick(**changes):
    return MaxGP(**{"steps": 150, "device": "cpu", "stopping": NEVER, **changes})


def diracs(distance, weight):
    fake, real = DiscreteMeasure([[0.0, 0.0]]), DiscreteMeasure([[distance, 0.0]])
    return CriticProblem(fake, real, toylab.losses.logistic(), LipschitzPenalty(weight))


@pytest.mark.parametrize(("distance", "weight"), [(1.0, 0.1), (30.0, 2.0), (0.01, 1e-5)])
def test_certificate_brackets_the_closed_form_of_two_diracs(distance, weight):
    s = float(brentq(lambda s: 1 / (1 + math.exp(s)) - 4 * weight * s / distance**2, 0.0, 50.0, xtol=1e-14))  # type: ignore[arg-type]
    k = 2 * s / distance
    value = 2 * math.log1p(math.exp(-s)) + weight * k**2
    solution = solve(diracs(distance, weight), MaxGP(seed=0, steps=500, device="cpu"))
    assert solution.status is Status.CONVERGED
    assert solution.certificate.dual <= value + 1e-12
    assert solution.certificate.primal >= value - 1e-12
    assert solution.certificate.relative_gap < 1e-3
    assert solution.lipschitz_constant == pytest.approx(k, rel=2e-2)
    assert solution.critic.gradient(np.array([[distance / 2, 0.0]]))[0] == pytest.approx([k, 0.0], abs=0.05 * k)


def test_weights_are_honoured():
    fake = DiscreteMeasure([[0.0], [-1.0]], weights=[0.75, 0.25])
    problem = CriticProblem(fake, DiscreteMeasure([[1.0]]), toylab.losses.wasserstein(), LipschitzPenalty(0.1))
    for batches in ({}, {"batches": Minibatch(256)}):
        solution = solve(problem, quick(steps=600, **batches))
        # Wasserstein: k = W1 / (2 lambda), W1 = 3/4 + 2/4; equal weights would give 7.5
        assert solution.lipschitz_constant == pytest.approx(1.25 / 0.2, rel=2e-2)


def test_ten_against_ten_comes_within_a_percent():
    enough = CertifiedGap(relative_gap=9e-3, relative_excess=9e-3, first=1500)
    solution = solve(zoo.load("case4", n=10, seed=1), MaxGP(seed=1, device="cpu", stopping=enough))
    assert solution.status is Status.CONVERGED
    assert solution.certificate.relative_gap <= 1e-2
    assert solution.certificate.critic_excess is not None
    assert solution.certificate.critic_excess <= 0.02 * 0.1 * solution.lipschitz_constant**2
    assert solution.history["loss"][-1] < solution.history["loss"][0]


def test_one_seed_one_result_and_no_global_randomness():
    problem = zoo.load("case4", n=10, seed=0)
    before_torch, before_numpy = torch.get_rng_state(), np.random.get_state(legacy=True)  # noqa: NPY002
    runs = [solve(problem, quick(seed=seed, batches=Minibatch(8))) for seed in (3, 3, 4)]
    assert torch.equal(torch.get_rng_state(), before_torch)
    assert str(np.random.get_state(legacy=True)) == str(before_numpy)  # noqa: NPY002
    values = [run.critic(EVERYWHERE) for run in runs]
    assert np.array_equal(values[0], values[1])
    assert np.array_equal(runs[0].history["loss"], runs[1].history["loss"])
    assert not np.allclose(values[0], values[2])


def test_translation_and_change_of_units():
    """(cX + t, c² λ) has the critic f((z − t)/c), slopes divided by c."""
    plain = zoo.load("case4", n=10, seed=0)
    c, t = 64.0, np.array([512.0, -256.0])
    moved = CriticProblem(
        DiscreteMeasure(c * plain.fake.points + t),
        DiscreteMeasure(c * plain.real.points + t),
        plain.losses,
        LipschitzPenalty(0.1 * c**2),
    )
    one, other = solve(plain, quick(steps=40)), solve(moved, quick(steps=40))
    assert other.critic(c * EVERYWHERE + t) == pytest.approx(one.critic(EVERYWHERE), rel=1e-3, abs=1e-4)
    assert other.lipschitz_constant * c == pytest.approx(one.lipschitz_constant, rel=1e-3)
    steepest = other.history["steepest_gradient"] * c
    assert steepest == pytest.approx(one.history["steepest_gradient"], rel=1e-2)


def test_training_starts_at_the_scale_of_the_wasserstein_optimum():
    fake, real = DiscreteMeasure([[0.0], [1.0]]), DiscreteMeasure([[10.0], [13.0]])
    problem = CriticProblem(fake, real, toylab.losses.wasserstein(), LipschitzPenalty(1e-3))
    normalised = NormalisedProblem.of(problem)
    scale, _ = normalised.scale_and_offset
    assert scale / normalised.length == pytest.approx(11.0 / 2e-3, rel=1e-6)


def test_equal_measures_give_the_constant_critic():
    points = np.array([[0.0, 0.0], [1.0, 0.5]])
    problem = CriticProblem(
        DiscreteMeasure(points), DiscreteMeasure(points), toylab.losses.logistic(), LipschitzPenalty(0.1)
    )
    solution = solve(problem, quick(steps=300))
    assert solution.value == pytest.approx(2 * math.log(2), abs=1e-4)


def test_a_single_point_on_both_sides():
    point = DiscreteMeasure([[2.0, 3.0]])
    problem = CriticProblem(point, point, toylab.losses.logistic(), LipschitzPenalty(0.1))
    assert solve(problem, quick()).value == pytest.approx(2 * math.log(2), abs=1e-4)


def test_reported_objective_is_that_of_the_returned_critic():
    problem = zoo.load("random-overlap", n=6, seed=0)
    solution = solve(problem, quick(ensemble_size=3))
    losses, regularizer = problem.losses, problem.regularizer
    fake = problem.fake.expectation(losses.fake_loss.value(solution.critic(problem.fake.points.copy())))
    real = problem.real.expectation(losses.real_loss.value(solution.critic(problem.real.points.copy())))
    expected = fake + real + regularizer.value(solution.stats["steepest_gradient"])
    assert solution.stats["objective"] == pytest.approx(expected, rel=1e-9)
    assert solution.stats["member"] in range(3)
    assert solution.certificate.k_support <= solution.stats["steepest_gradient"] * (1 + 1e-9)


def test_the_module_can_be_taken_and_judged_again():
    problem = zoo.load("case4", n=10, seed=0)
    solution = solve(problem, quick())
    module = solution.critic.module
    assert isinstance(module, torch.nn.Module)
    assert all(parameter.dtype == torch.float64 for parameter in module.parameters())
    assert certify(problem, module).gap == solution.certificate.gap


def test_certified_stopping_ends_early():
    stopping = CertifiedGap(relative_gap=0.9, relative_excess=0.9, first=20, growth=2.0)
    solution = solve(zoo.load("case4", n=10, seed=0), quick(steps=3000, stopping=stopping))
    assert solution.status is Status.CONVERGED
    assert solution.stats["steps"] in {20 * 2**i for i in range(8)}
    assert solution.history["loss"].shape == (solution.stats["steps"],)
    assert solution.history["relative_gap"][-1] <= 0.9
    assert solution.history["judged_step"][0] == 20


def test_history_says_when_each_gap_was_known():
    stopping = CertifiedGap(relative_gap=0.0, relative_excess=0.0, first=20, growth=2.0)
    history = solve(zoo.load("case4", n=10, seed=0), quick(steps=100, stopping=stopping)).history
    assert history["judged_step"].tolist() == [20, 40, 80, 100]
    for name in ("judged_seconds", "judged_cpu_seconds", "relative_gap", "relative_excess"):
        assert history[name].shape == (4,)
    for name in ("judged_seconds", "judged_cpu_seconds"):
        assert history[name][0] > 0
        assert (np.diff(history[name]) > 0).all()
    assert history["learning_rate"].tolist() == [quick(steps=100).schedule.rate(step) for step in range(100)]


def test_a_budget_too_small_is_said_so():
    solution = solve(zoo.load("case4", n=10, seed=0), quick(steps=5))
    assert solution.status is Status.ITERATION_LIMIT
    assert solution.stats["steps"] == 5


def test_divergence_is_a_status_and_the_best_critic_is_kept():
    problem = zoo.load("case4", n=10, seed=0, losses=toylab.losses.exponential())
    solution = solve(problem, quick(learning_rate=1e6, polish=()))
    assert solution.status is Status.DIVERGED
    assert np.isfinite(solution.critic(EVERYWHERE)).all()
    assert solution.value <= 2.0 + 1e-12  # the best constant critic has e⁰ + e⁰
    assert solution.stats["steps"] < 150


def test_interruption_keeps_the_best_critic():
    def interrupt(step, total, information):
        assert total == 5000
        if step >= 200:
            raise KeyboardInterrupt

    problem = zoo.load("case4", n=10, seed=0)
    solution = solve(problem, quick(steps=5000, progress=interrupt))
    assert solution.status is Status.INTERRUPTED
    assert solution.stats["steps"] == 200
    assert solution.value < 2 * math.log(2) - 0.01  # better than no critic


def test_progress_is_reported():
    seen = []
    solve(zoo.load("two-diracs"), quick(steps=120, progress=lambda *report: seen.append(report)))
    assert [(step, total) for step, total, _ in seen] == [(50, 120), (100, 120), (120, 120)]
    assert all(np.isfinite(information["loss"]) for _, _, information in seen)


@pytest.mark.parametrize("device", ["tpu9", "meta", "cuda:99", "nonsense device"])
def test_devices_that_are_not_there_are_refused_before_work(device):
    calls = []
    with pytest.raises(InputError, match=r"device|supported"):
        solve(zoo.load("two-diracs"), quick(device=device, progress=lambda *report: calls.append(report)))
    assert not calls


@pytest.mark.parametrize(
    "changes",
    [
        {"steps": 0},
        {"steps": -5},
        {"steps": 1.5},
        {"learning_rate": 0.0},
        {"learning_rate": math.nan},
        {"seed": -1},
        {"ensemble_size": 0},
        {"width": 0},
        {"batches": 64},
        {"stepz": 10},
    ],
    ids=repr,
)
def test_bad_settings_are_refused_when_configured(changes):
    with pytest.raises(InputError):
        MaxGP(**changes)


def test_a_misspelt_setting_gets_a_hint():
    with pytest.raises(InputError, match="steps"):
        MaxGP(step=10)


def test_the_preset_is_the_solver_taken_apart():
    preset = MaxGP().architecture
    assert isinstance(preset, MLP)
    changed = MaxGP(seed=7, steps=123, width=16)
    assert isinstance(changed, NetworkSolver)
    assert (changed.seed, changed.schedule.steps) == (7, 123)
    assert changed.architecture == replace(preset, width=16)
    assert changed.penalty == MaxGP().penalty
    leaky = MaxGP(architecture=MLP(activation=LeakyReLU()), width=16)
    assert leaky.architecture == MLP(activation=LeakyReLU(), width=16)


@pytest.mark.gpu
def test_training_on_the_gpu():
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device on this machine")
    problem = zoo.load("case4", n=10, seed=1)
    runs = [solve(problem, MaxGP(seed=1, steps=1000, device="cuda")) for _ in range(2)]
    assert runs[0].stats["device"] == "cuda"
    assert np.array_equal(runs[0].critic(EVERYWHERE), runs[1].critic(EVERYWHERE))
    assert runs[0].certificate.relative_gap < 0.05
