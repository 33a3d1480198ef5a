import numpy as np
import pytest
import torch

from toylab import losses, zoo
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzPenalty
from toylab.solution import Status
from toylab.solvers.interior_point import InteriorPoint
from toylab.solvers.solving import solve


def test_scaled_problems_have_identical_iterates():
    """Lengths are normalised: (c X, c² λ) gives the same gaps, step by step, to the rounding of c."""
    plain = zoo.load("case3", n=15)
    scaled = CriticProblem(
        type(plain.fake)(1024.0 * plain.fake.points),
        type(plain.real)(1024.0 * plain.real.points),
        plain.losses,
        LipschitzPenalty(0.1 * 1024.0**2),
    )
    first, second = (solve(p, InteriorPoint()).history["relative_gap"] for p in (plain, scaled))
    assert first == pytest.approx(second, rel=1e-6)  # rounding, amplified as far as the gap shrinks


def test_the_history_ends_below_the_tolerance_and_counts_the_iterations():
    solution = solve(zoo.load("case4", n=10, losses=losses.sqrt()), InteriorPoint(rtol=1e-9))
    assert solution.history["relative_gap"][-1] <= 1e-9
    assert len(solution.history["relative_gap"]) == solution.stats["iterations"] + 1


def test_an_iteration_limit_is_a_status_with_the_gap_that_was_reached():
    solution = solve(zoo.load("case4", n=10), InteriorPoint(max_iterations=3), throw=False)
    assert solution.status is Status.ITERATION_LIMIT
    assert 1e-8 < solution.certificate.relative_gap < 1.0


def test_one_thread_for_small_problems_and_the_setting_is_restored():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        solve(zoo.load("case4", n=4), InteriorPoint())
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


@pytest.mark.gpu
def test_the_same_optimum_on_a_gpu():
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device on this machine")
    problem = zoo.load("case3", n=50)
    there = solve(problem, InteriorPoint(device="cuda"))
    here = solve(problem, InteriorPoint(device="cpu"))
    assert there.stats["device"].startswith("cuda")
    assert abs(there.value - here.value) <= there.certificate.gap + here.certificate.gap
    assert np.abs(there.fake_values - here.fake_values).max() < 1e-3


def test_a_shared_point_on_a_tight_pair_has_the_gradient_of_that_pair():
    """P_g = .9 A + .1 B, P_r = .1 A + .9 B: A is a real point too, but its slope points to B, not to itself."""
    line = np.array([[0.0, 0.0], [1.0, 0.0]])
    problem = CriticProblem(
        DiscreteMeasure(line, [0.9, 0.1]), DiscreteMeasure(line, [0.1, 0.9]), losses.logistic(), LipschitzPenalty(0.5)
    )
    exact = solve(problem, InteriorPoint())
    assert exact.critic.gradient(line) == pytest.approx(exact.lipschitz_constant * np.array([[1.0, 0.0], [0.0, 0.0]]))
