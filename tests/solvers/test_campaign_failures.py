"""Random problems on which earlier engines failed, by what was wrong with the engine; found by `make campaign`."""

import numpy as np
import pytest
import torch

from toylab import DiscreteMeasure, LipschitzPenalty, losses, solve
from toylab.bench.random_problems import random_problem
from toylab.problem import CriticProblem
from toylab.solution import Status
from toylab.solvers.normalised_program import NormalisedProgram
from toylab.solvers.predictor_corrector import growth_limit, predictor_corrector
from toylab.solvers.starting_point import constant_start, starting_point

#: (seed, index): an exponential overflows at points that carry none of its mass, and 0 · ∞ was no number.
OVERFLOW = [(11, 134), (11, 1698), (11, 2072), (11, 2907), (11, 4738), (11, 6329)]
#: A value on the plateau before an exponential rise was sent far up that rise, again and again.
PLATEAU = [(11, 1854), (11, 3059), (11, 4069), (11, 4526), (11, 5107), (11, 7273)]
#: A far outlier, or a point next to another, lagged behind a central path that did not know distances.
OUTLIER = [(7, 236), (11, 149), (11, 741), (11, 1735), (11, 1831), (11, 2014), (11, 3264), (11, 3535), (11, 7884)]
#: The network simplex stops by absolute tolerances, which are coarse for points a millionth apart.
SMALL_UNITS = [(11, 866)]
#: Critic values of many thousand units, with a bend of one unit in between.
LARGE = [(21, 1023), (21, 3119), (21, 17335), (21, 7733), (21, 17644)]
#: Rounding of a far cone put the critic outside its ball by 2e-10.
ROUNDING = [(12, 83)]


SLOW = [pytest.param(*case, marks=pytest.mark.long) for case in LARGE[:3]]


@pytest.mark.parametrize(("seed", "index"), OVERFLOW + PLATEAU + OUTLIER + SMALL_UNITS + SLOW + LARGE[3:] + ROUNDING)
def test_a_problem_that_once_failed_is_certified(seed, index):
    solution = solve(random_problem(seed, index).problem, throw=False)
    assert solution.status is Status.OPTIMAL, solution.certificate.relative_gap
    assert solution.certificate.relative_gap <= solution.rtol


@pytest.mark.parametrize(("seed", "index"), [(11, 864), (11, 6319), (11, 7960), (12, 376)])
def test_what_float64_cannot_resolve_is_named(seed, index):
    solution = solve(random_problem(seed, index).problem, throw=False)
    assert solution.status is Status.OPTIMAL or any("vary by only" in limit for limit in solution.stats["limits"])


def _rising(mixed: float = 0.05, weight: float = 1e-4) -> NormalisedProgram:
    """A share of Wasserstein with the exponential: flat far away on one side, explosive on the other."""
    rng = np.random.default_rng(3)
    fake, real = DiscreteMeasure(rng.normal(size=(3, 2))), DiscreteMeasure(rng.normal(size=(5, 2)) + np.array([1, 0]))
    pair = losses.combination((mixed, losses.wasserstein()), (1.0, losses.exponential()))
    return NormalisedProgram(CriticProblem(fake, real, pair, LipschitzPenalty(weight)), torch.device("cpu"))


def test_a_loss_that_overflows_where_it_has_no_mass_leaves_the_local_model_finite():
    program = _rising()
    on_reals = torch.where(program.real_weights > 0, 2000.0, -2000.0).to(torch.float64)  # exp(2000) = inf
    residual = torch.full_like(on_reals, 1e-3)
    curvature, gap = program.local_model(on_reals, residual)
    for numbers in (curvature, gap, program.plain_slope(on_reals), program.objective(on_reals)):
        assert torch.isfinite(numbers).all()


def test_no_step_lands_far_up_an_exponential_rise():
    program, landings = _rising(), []
    point = starting_point(program)
    for _ in range(12):
        after = predictor_corrector(program, point)
        rise = torch.where(program.fake_weights > 0, after.values, -after.values) - program.best_constant
        before = torch.where(program.fake_weights > 0, point.values, -point.values) - program.best_constant
        landings.append(float(rise[before <= 0].max()))
        point = after
    assert max(landings) <= 0.3 + 1e-9


def test_a_direction_out_of_its_room_is_shortened_by_growth_limit():
    program = _rising()
    point = constant_start(program)
    up = torch.where(program.fake_weights > 0, 10.0, 0.0).to(torch.float64)
    assert growth_limit(program, point, up) == pytest.approx(0.03)
    assert growth_limit(program, point, -up) == np.inf


def test_without_large_constants_the_gap_is_what_it_is_with_them():
    rng = np.random.default_rng(0)
    fake, real = DiscreteMeasure(rng.normal(size=(6, 2))), DiscreteMeasure(rng.normal(size=(5, 2)))
    plain = CriticProblem(fake, real, losses.logistic(), LipschitzPenalty(1e4))
    raised = CriticProblem(fake, real, losses.logistic().raised(fake=1e9, real=-3e8), LipschitzPenalty(1e4))
    one, other = solve(plain), solve(raised)
    assert other.lipschitz_constant == pytest.approx(one.lipschitz_constant, rel=1e-7)
    assert other.certificate.relative_gap <= 1e-8
