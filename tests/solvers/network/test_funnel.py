"""FunnelMaxGP against closed forms, POT, the exact solver, and finite differences of its own loss."""

import inspect

import numpy as np
import ot
import pytest
import torch
from hypothesis import given, settings
from oracles import ORACLES, applies, assert_optimum_within_certificate, rounding
from scipy.optimize import approx_fprime
from scipy.spatial.distance import cdist
from strategies import condition_11_losses, problems

import toylab
from toylab import losses, zoo
from toylab.errors import InputError
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty, Unrestricted
from toylab.solution import Status
from toylab.solvers import FunnelMaxGP, Transport, solve
from toylab.solvers.network import NetworkSolver, funnel_objective
from toylab.solvers.network.funnel_objective import SmoothedFunnel
from toylab.solvers.network.funnel_path import Annealing, newton_factor, solved

TRAINED = FunnelMaxGP(device="cpu")
CPU = torch.device("cpu")


# --- the optimum ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("oracle", [oracle for oracle in ORACLES if applies(TRAINED, oracle)], ids=str)
def test_known_optima_lie_within_the_certified_gap(oracle):
    solution = solve(oracle.problem, TRAINED)
    assert solution.status is Status.CONVERGED
    assert solution.certificate.relative_gap <= TRAINED.rtol
    assert_optimum_within_certificate(solution, oracle)


@pytest.mark.parametrize("weight", [0.01, 0.1, 1.0, 10.0])
@pytest.mark.parametrize("loss", ["wasserstein", "logistic", "sqrt", "exponential", "0.5*wasserstein + logistic"])
@pytest.mark.parametrize("name", ["two-gaussians", "random-overlap"])
def test_every_loss_and_penalty_converges_to_the_exact_optimum(name, loss, weight):
    problem = zoo.load(name, n=10, seed=3, losses=losses.get(loss), regularizer=LipschitzPenalty(weight))
    trained, exact = solve(problem, TRAINED), solve(problem)
    assert trained.status is Status.CONVERGED
    slop = rounding(trained)
    assert trained.certificate.dual <= exact.value + slop
    assert exact.certificate.dual <= trained.value + slop
    both = trained.certificate.gap + exact.certificate.gap + slop
    assert abs(trained.lipschitz_constant - exact.lipschitz_constant) <= 2 * np.sqrt(both / weight)


@settings(max_examples=40)
@given(problems(losses=condition_11_losses, most=6))
def test_it_agrees_with_the_exact_solver_on_awkward_problems(problem):
    trained, exact = solve(problem, TRAINED), solve(problem)
    assert trained.status is Status.CONVERGED
    assert trained.certificate.relative_gap <= TRAINED.rtol
    assert trained.certificate.dual <= exact.value + rounding(trained)
    assert exact.certificate.dual <= trained.value + rounding(trained)


def test_the_wasserstein_constant_is_that_of_pot():
    problem = zoo.load("random-overlap", n=40, seed=1, losses=losses.wasserstein(), regularizer=LipschitzPenalty(0.5))
    solution = solve(problem, TRAINED)
    fake, real = problem.fake, problem.real
    distance = cdist(fake.points, real.points)
    w1 = float((np.asarray(ot.emd(fake.weights, real.weights, distance)) * distance).sum())
    # V = −W₁²/4λ and λ (k − W₁/2λ)² ≤ gap
    assert solution.value == pytest.approx(-(w1**2) / 2.0, abs=solution.certificate.gap + 1e-12)
    assert abs(solution.lipschitz_constant - w1) <= np.sqrt(solution.certificate.gap / 0.5) + 1e-12
    assert solution.value >= solve(problem, Transport()).certificate.dual


def test_gradients_at_fake_points_lead_to_a_bounding_partner():
    problem = zoo.load("two-gaussians", n=30, seed=2)
    solution = solve(problem, TRAINED)
    gradients = solution.critic.gradient(problem.fake.points)
    assert np.linalg.norm(gradients, axis=1) == pytest.approx(solution.lipschitz_constant, rel=1e-9)
    exact = solve(problem)
    for gradient, partners in zip(gradients, exact.bounding_directions(1e-4), strict=True):
        assert np.max(partners @ gradient) == pytest.approx(exact.lipschitz_constant, rel=1e-3)


def test_excess_is_nothing_because_the_slope_is_the_same_everywhere():
    solution = solve(zoo.load("case4", n=10, seed=0), TRAINED)
    assert solution.certificate.critic_excess == pytest.approx(0.0, abs=1e-12)
    assert solution.stats["steepest_gradient"] == pytest.approx(solution.lipschitz_constant, rel=1e-12)


def test_unequal_numbers_weights_and_shared_points():
    rng = np.random.default_rng(5)
    shared = rng.normal(size=(4, 2))
    fake = DiscreteMeasure(np.concatenate([shared, rng.normal(size=(9, 2))]), rng.uniform(0.1, 3.0, 13))
    real = DiscreteMeasure(np.concatenate([shared, shared[:1], rng.normal(size=(3, 2)) + 1]), rng.uniform(0.0, 2.0, 8))
    problem = CriticProblem(fake, real, losses.exponential(), LipschitzPenalty(0.05))
    trained, exact = solve(problem, TRAINED), solve(problem)
    assert trained.status is Status.CONVERGED
    assert abs(trained.value - exact.value) <= trained.certificate.gap + exact.certificate.gap


@pytest.mark.parametrize("points", [[[2.0, 3.0]], [[0.0, 0.0], [1.0, 0.5]]], ids=["one point", "two points"])
def test_equal_measures_have_the_constant_critic(points):
    measure = DiscreteMeasure(points)
    problem = CriticProblem(measure, measure, losses.logistic(), LipschitzPenalty(0.1))
    solution = solve(problem, TRAINED)
    assert solution.status is Status.CONVERGED
    assert solution.value == pytest.approx(2 * np.log(2), abs=1e-14)
    assert solution.lipschitz_constant == 0
    assert solution.stats["steps"] == 0


def test_translation_and_change_of_units():
    plain = zoo.load("case4", n=10, seed=0)
    c, t = 64.0, np.array([512.0, -256.0])
    moved = CriticProblem(
        DiscreteMeasure(c * plain.fake.points + t),
        DiscreteMeasure(c * plain.real.points + t),
        plain.losses,
        LipschitzPenalty(0.1 * c**2),
    )
    one, other = solve(plain, TRAINED), solve(moved, TRAINED)
    assert abs(one.value - other.value) <= one.certificate.gap + other.certificate.gap
    radius = 2 * np.sqrt((one.certificate.gap + other.certificate.gap) / 0.1)
    assert abs(other.lipschitz_constant * c - one.lipschitz_constant) <= radius


# --- the loss and its path -------------------------------------------------------------------------------


@pytest.mark.parametrize("regularizer", [LipschitzPenalty(0.2), LipschitzPenalty(0.2, 0.3), LipschitzBall(0.7)])
def test_derivatives_of_the_loss_are_those_of_finite_differences(regularizer, monkeypatch):
    problem = zoo.load("random-overlap", n=7, seed=0, losses=losses.sqrt(), regularizer=regularizer)
    x = torch.cat(
        [torch.linspace(-0.3, 0.4, len(np.unique(problem.real.points, axis=0))), torch.tensor([0.7])]
    ).double()
    loss = SmoothedFunnel(problem, 1.0, CPU)
    found = loss.derivatives(x, 0.15)
    free = len(x) - isinstance(regularizer, LipschitzBall)

    def gradient(at, temperature=0.15):
        return loss.derivatives(torch.as_tensor(at), temperature).gradient.numpy()[:free]

    numeric = np.asarray(approx_fprime(x.numpy(), lambda at: loss.value(torch.as_tensor(at), 0.15), 1e-7))[:free]
    assert found.value == pytest.approx(loss.value(x, 0.15), rel=1e-14)
    assert found.gradient.numpy()[:free] == pytest.approx(numeric, abs=1e-6)
    numeric = np.asarray(approx_fprime(x.numpy(), gradient, 1e-7))[:, :free]
    assert found.hessian.numpy()[:free, :free] == pytest.approx(numeric, abs=1e-5)
    numeric = (gradient(x, 0.15 + 1e-6) - gradient(x, 0.15 - 1e-6)) / 2e-6
    assert found.cooling.numpy()[:free] == pytest.approx(numeric, abs=1e-6)
    # the same a few rows at a time, with distances computed anew
    monkeypatch.setattr(funnel_objective, "_KEPT_DISTANCES", 0)
    monkeypatch.setattr("toylab.critics.base._BLOCK_ENTRIES", 3 * (len(x) - 1))
    pieces = SmoothedFunnel(problem, 1.0, CPU).derivatives(x, 0.15)
    for name in ("gradient", "hessian", "scale", "cooling"):
        torch.testing.assert_close(getattr(pieces, name), getattr(found, name), rtol=1e-12, atol=1e-13)


def test_the_loss_tends_to_the_objective_of_the_critic():
    problem = zoo.load("random-overlap", n=12, seed=0)
    loss = SmoothedFunnel(problem, 2.0, CPU)
    x = torch.cat([torch.linspace(-0.3, 0.4, 12), torch.tensor([0.9])]).double()
    critic = loss.critic(x, 0.0)
    # the critic lies on or above v_j at the real points, and ϕ falls
    direct = problem.losses.fake_loss.value(critic(problem.fake.points)) @ problem.fake.weights
    direct += problem.losses.real_loss.value(critic(problem.real.points)) @ problem.real.weights
    direct += problem.regularizer.value(critic.lipschitz_constant)
    assert loss.sharp_value(x) >= direct - 1e-14
    # |u_τ − u| ≤ τ ln(1/min q), and φ' ≤ 1
    for temperature in (1e-2, 1e-4):
        assert abs(loss.value(x, temperature) - loss.sharp_value(x)) <= temperature * np.log(12) + 1e-14


def test_the_plan_of_a_settled_temperature_has_the_marginals_of_the_dual():
    problem = zoo.load("two-gaussians", n=8, seed=0)
    loss = SmoothedFunnel(problem, 1.0, CPU)
    path = Annealing(objective=loss, x=loss.start(1.0, 0.5), temperature=0.1)
    while not path.step():
        assert path.done < 30
    here = loss.derivatives(path.x, path.temperature)
    path.x = path.x - solved(newton_factor(here.hessian, here.scale), here.gradient)
    plan = loss.plan(path.x, path.temperature).toarray()
    v, k = path.x[:-1].numpy(), float(path.x[-1])
    inflow = dict(zip(map(tuple, problem.support.points[loss.reals]), plan_inflow(problem, v), strict=True))
    assert plan.sum(axis=0) == pytest.approx([inflow[tuple(y)] for y in problem.real.points], abs=1e-6)
    cost = float((plan * cdist(problem.fake.points, problem.real.points)).sum())
    assert isinstance(problem.regularizer, LipschitzPenalty)
    assert 2 * problem.regularizer.weight * k == pytest.approx(cost, abs=1e-6)


def plan_inflow(problem, v):
    """−ϕ'(v_j) q_j at the merged real points."""
    q = problem.support.real_weights[problem.support.in_real]
    return -q * problem.losses.real_loss.slope(v)


# --- reports, interruption, bad input -------------------------------------------------------------------


def test_the_report_tells_how_it_went():
    solution = solve(zoo.load("two-gaussians", n=10, seed=0), TRAINED)
    history, steps = solution.history, solution.stats["steps"]
    for name in ("loss", "k", "temperature"):
        assert history[name].shape == (steps,)
    judged = {"judged_step", "judged_seconds", "relative_gap", "relative_excess"}
    assert len({history[name].shape for name in judged}) == 1
    assert history["judged_step"][0] == 0
    assert history["judged_step"][-1] == steps
    assert np.all(np.diff(history["judged_seconds"]) >= 0)
    assert history["relative_gap"][-1] == pytest.approx(solution.certificate.relative_gap, rel=1e-6)
    assert history["k"][-1] == pytest.approx(solution.lipschitz_constant, rel=1e-3)
    assert history["temperature"][-1] < history["temperature"][0]


def test_progress_is_reported():
    seen = []
    solution = solve(zoo.load("case4", n=5), FunnelMaxGP(progress=lambda *report: seen.append(report)))
    assert [step for step, _, _ in seen] == list(range(1, solution.stats["steps"] + 1))
    for name in ("loss", "objective", "k", "relative_gap"):
        assert all(np.isfinite(numbers[name]) for _, _, numbers in seen)


def test_interruption_keeps_the_best_critic():
    def interrupt(step, _total, _numbers):
        if step == 8:
            raise KeyboardInterrupt

    problem = zoo.load("case4", n=10, seed=0)
    solution = solve(problem, FunnelMaxGP(progress=interrupt))
    assert solution.status is Status.INTERRUPTED
    assert solution.stats["steps"] == 8
    assert solution.value < 2 * np.log(2) - 0.01  # better than no critic
    assert solution.certificate.relative_gap < np.inf


def test_running_out_of_steps_is_said():
    problem = zoo.load("case4", n=10, seed=0)
    solution = solve(problem, FunnelMaxGP(max_iterations=6))
    assert solution.status is Status.ITERATION_LIMIT
    assert TRAINED.rtol < solution.certificate.relative_gap < 1
    assert solve(problem, FunnelMaxGP(max_iterations=6, rtol=0.99)).status is Status.CONVERGED


def test_nothing_is_random():
    problem = zoo.load("random-overlap", n=10, seed=0)
    runs = [solve(problem, FunnelMaxGP(seed=seed)) for seed in (0, 1)]
    assert np.array_equal(runs[0].fake_values, runs[1].fake_values)


@pytest.mark.parametrize(
    ("problem", "match"),
    [
        (zoo.load("two-diracs", losses=losses.hinge()), "condition"),
        (zoo.load("two-diracs", losses=losses.quadratic(0.0, 1.0)), "condition"),
        (zoo.load("random-overlap", n=4, regularizer=Unrestricted()), "unrestricted"),
    ],
    ids=["hinge", "quadratic", "unrestricted"],
)
def test_problems_it_is_not_for_are_refused(problem, match):
    with pytest.raises(InputError, match=match):
        solve(problem, TRAINED)


@pytest.mark.parametrize(
    "changes",
    [{"rtol": 0.0}, {"rtol": 2.0}, {"max_iterations": 0}, {"seed": -1}, {"device": "tpu9"}, {"progress": 3}],
    ids=repr,
)
def test_bad_settings_are_refused(changes):
    with pytest.raises(InputError):
        solve(zoo.load("two-diracs"), FunnelMaxGP(**changes))


def test_settings_of_both_trained_solvers_have_the_same_names():
    shared = {"rtol", "seed", "device", "progress"}
    for solver in (FunnelMaxGP, NetworkSolver):
        assert shared <= set(inspect.signature(solver).parameters)


def test_it_is_public():
    assert toylab.solvers.FunnelMaxGP is FunnelMaxGP


@pytest.mark.gpu
def test_training_on_the_gpu():
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device on this machine")
    problem = zoo.load("random-overlap", n=50, seed=1)
    there, here = solve(problem, FunnelMaxGP(device="cuda")), solve(problem, TRAINED)
    assert there.stats["device"] == "cuda"
    assert there.status is Status.CONVERGED
    assert abs(there.value - here.value) <= there.certificate.gap + here.certificate.gap
