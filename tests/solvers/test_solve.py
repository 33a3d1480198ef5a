import numpy as np
import pytest

from toylab import losses, zoo
from toylab.errors import InputError, SolverError
from toylab.losses import LossPair
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty
from toylab.solution import Status
from toylab.solvers.interior_point import InteriorPoint
from toylab.solvers.linear_programs import CompactDual, KantorovichRubinstein
from toylab.solvers.reference import Reference
from toylab.solvers.solving import default_solver, solve
from toylab.solvers.transport import Transport

LOGISTIC = zoo.load("case4", n=4, seed=0)
WASSERSTEIN = zoo.load("case4", n=4, seed=0, losses=losses.wasserstein())
HINGE = zoo.load("case4", n=4, seed=0, losses=losses.hinge())


@pytest.mark.parametrize(
    ("problem", "kind"), [(LOGISTIC, InteriorPoint), (WASSERSTEIN, Transport), (HINGE, InteriorPoint)]
)
def test_the_default_solver_fits_the_loss(problem, kind):
    assert type(default_solver(problem)) is kind
    assert solve(problem).stats["solver"] == kind.__name__


NO_OPTIMUM = {
    "unbounded below": LossPair("t, −2t", losses.Linear(), losses.Scaled(losses.Reflected(losses.Linear()), 2.0)),
    "no critic attains": LossPair(
        "softplus + t", losses.Total((losses.Softplus(), losses.Linear())), losses.Reflected(losses.Softplus())
    ),
}


@pytest.mark.parametrize("reason", NO_OPTIMUM)
@pytest.mark.parametrize("solver", [None, InteriorPoint(), Reference()])
def test_a_problem_without_an_optimum_is_refused_with_the_reason(reason, solver):
    problem = CriticProblem(LOGISTIC.fake, LOGISTIC.real, NO_OPTIMUM[reason], LipschitzPenalty(1.0))
    with pytest.raises(InputError, match=f"has no optimal critic: .*{reason}"):
        solve(problem, solver)


@pytest.mark.parametrize("solver", [Transport(), CompactDual(), KantorovichRubinstein()])
@pytest.mark.parametrize("pair", [losses.logistic(), losses.wasserstein().shifted(1.0), 2.0 * losses.wasserstein()])
def test_wasserstein_solvers_refuse_other_losses(solver, pair):
    problem = CriticProblem(LOGISTIC.fake, LOGISTIC.real, pair, LipschitzPenalty(1.0))
    with pytest.raises(InputError, match=f"{type(solver).__name__} solves the Wasserstein loss only, not"):
        solve(problem, solver)


def test_the_interior_point_names_the_condition_that_fails():
    upside_down = LossPair("upside down", losses.Square(1.0), losses.Square(0.0))
    problem = CriticProblem(LOGISTIC.fake, LOGISTIC.real, upside_down, LipschitzPenalty(1.0))
    with pytest.raises(InputError, match=r"fake→real pairs do not describe 'upside down'.*larger on fake points"):
        solve(problem, InteriorPoint())


@pytest.mark.parametrize(
    ("solver", "words"),
    [
        (InteriorPoint(rtol=0.0), "rtol must lie between 0 and 1"),
        (InteriorPoint(rtol=float("nan")), "rtol must be finite"),
        (InteriorPoint(max_iterations=0), "max_iterations must be a positive whole number"),
        (InteriorPoint(device="abacus"), "unknown device 'abacus'"),
        ("InteriorPoint", "must be a toylab solver object"),
        (InteriorPoint, "must be a toylab solver object"),
    ],
)
def test_bad_solvers_are_named(solver, words):
    with pytest.raises(InputError, match=words):
        solve(LOGISTIC, solver)


def test_solve_needs_a_problem():
    with pytest.raises(InputError, match="needs a CriticProblem, got str"):
        solve("case4")  # type: ignore[arg-type]


def test_large_linear_programs_are_refused_before_any_work():
    many = DiscreteMeasure(np.arange(2100.0)[:, None])
    problem = CriticProblem(many, DiscreteMeasure(many.points + 0.5), losses.wasserstein(), LipschitzPenalty(1.0))
    for solver in (CompactDual(), KantorovichRubinstein(), Reference()):
        with pytest.raises(InputError, match="constraints, more than"):
            solve(problem, solver)


def test_a_missed_tolerance_raises_or_is_reported():
    hasty = InteriorPoint(max_iterations=2)
    with pytest.raises(SolverError, match=r"InteriorPoint reached a relative gap of .* not 1e-08.*throw=False"):
        solve(LOGISTIC, hasty)
    solution = solve(LOGISTIC, hasty, throw=False)
    assert solution.status is Status.ITERATION_LIMIT
    assert solution.rtol == 1e-8
    assert 1e-8 < solution.certificate.relative_gap < np.inf
    best = solve(LOGISTIC)
    assert solution.certificate.dual <= best.value <= solution.value


@pytest.mark.parametrize("regularizer", [LipschitzPenalty(0.1), LipschitzPenalty(0.1, target=1.0), LipschitzBall(2.0)])
@pytest.mark.parametrize("pair", [losses.hinge(), losses.quadratic(), losses.quadratic(-1.0, 2.0)])
def test_losses_without_condition_11_are_solved_by_the_reference(pair, regularizer):
    problem = CriticProblem(LOGISTIC.fake, LOGISTIC.real, pair, regularizer)
    assert solve(problem).certificate.relative_gap <= 1e-6


@pytest.mark.parametrize(("distance", "weight"), [(1.0, 0.1), (1.0, 1.0), (3.0, 0.1)])
def test_hinge_diracs_have_their_closed_form(distance, weight):
    """THEORY section 2: s = k d/2 = min(1, d²/(4λ))."""
    problem = CriticProblem(
        DiscreteMeasure([[0.0]]), DiscreteMeasure([[distance]]), losses.hinge(), LipschitzPenalty(weight)
    )
    solution = solve(problem)
    k = 2 * min(1.0, distance**2 / (4 * weight)) / distance
    assert abs(solution.lipschitz_constant - k) <= np.sqrt(solution.certificate.gap / weight) + 1e-12


@pytest.mark.parametrize("distance", [1.0, 4.0])
def test_least_squares_diracs_have_their_closed_form(distance):
    """THEORY section 2: f(y) − f(x) = (β − α)/(1 + 2λ/d²)."""
    weight = 0.1
    problem = CriticProblem(
        DiscreteMeasure([[0.0]]), DiscreteMeasure([[distance]]), losses.quadratic(), LipschitzPenalty(weight)
    )
    solution = solve(problem)
    rise = 1.0 / (1.0 + 2.0 * weight / distance**2)
    error = np.sqrt(solution.certificate.gap / weight)
    assert abs(solution.lipschitz_constant * distance - rise) <= distance * (error + 1e-12)
    assert abs(solution.fake_values[0] - 0.5 * (1 - rise)) <= distance * error + np.sqrt(solution.certificate.gap)


def test_hinge_values_are_repaired_to_the_constant():
    """THEORY section 2: an unrepaired optimum of this instance can have constant 50 with k = 2."""
    problem = CriticProblem(
        DiscreteMeasure([[-101.0], [-100.0], [0.0]], [0.25, 0.25, 0.5]),
        DiscreteMeasure([[1.0]]),
        losses.hinge(),
        LipschitzPenalty(0.1),
    )
    solution = solve(problem, throw=False)
    values = np.append(solution.fake_values, solution.real_values)
    points = np.array([-101.0, -100.0, 0.0, 1.0])
    rise = np.abs(values[:, None] - values)
    apart = np.abs(points[:, None] - points)
    assert (rise <= solution.lipschitz_constant * apart * (1 + 1e-9) + 1e-12).all()
    assert solution.lipschitz_constant == pytest.approx(2.0, rel=1e-3)


def test_instances_that_once_failed():
    """Weights over nine orders, nearly coinciding points, nearly equal measures, an inactive ball, a mixture."""
    rng = np.random.default_rng(0)
    x, y = rng.integers(-4, 5, (5, 2)) / 2.0, rng.integers(-4, 5, (6, 2)) / 2.0
    spread = DiscreteMeasure(x, 10.0 ** -np.arange(0, 10, 2.0)), DiscreteMeasure(y, 10.0 ** -np.arange(5, 11.0))
    near = DiscreteMeasure(x), DiscreteMeasure(np.concatenate([x + 1e-11 * rng.normal(size=x.shape), x[:1] + 1]))
    equal = DiscreteMeasure(x, [1, 2, 3, 4, 5]), DiscreteMeasure(x, np.arange(1, 6) * (1 + 1e-10 * rng.normal(size=5)))
    plain = DiscreteMeasure(x), DiscreteMeasure(y)
    mixture = losses.combination((0.75, losses.wasserstein()), (0.2, losses.logistic()))
    for measures in (spread, near, equal):
        for pair in (losses.logistic(), losses.wasserstein(), losses.sqrt(), losses.exponential()):
            for weight in (0.01, 1.0):
                solve(CriticProblem(*measures, pair, LipschitzPenalty(weight)), InteriorPoint())
    for pair in (losses.logistic(), losses.exponential()):
        solve(CriticProblem(*plain, pair, LipschitzBall(90.0)), InteriorPoint())
    for weight in (1e-4, 1e-2, 1e4):
        solve(CriticProblem(*plain, losses.wasserstein(), LipschitzPenalty(weight)), InteriorPoint())
    solve(CriticProblem(*plain, mixture, LipschitzPenalty(0.03)), InteriorPoint())
