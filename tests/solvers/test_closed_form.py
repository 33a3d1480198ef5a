"""The unrestricted problem on finite measures: f* by closed form or inversion, certified by the zero plan."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import pairs_of_measures

import toylab
from toylab import claims, divergences, losses, solvers, zoo
from toylab.critics import NearestPoint
from toylab.errors import InputError
from toylab.measures import DiscreteMeasure
from toylab.plotting import plot
from toylab.problem import CriticProblem
from toylab.regularizers import LipschitzBall, LipschitzPenalty, Unrestricted, regularizer_from_json
from toylab.solution import Candidate, Status
from toylab.solvers.closed_form import ClosedForm
from toylab.solvers.solving import default_solver, solve

EPS = float(np.finfo(float).eps)
LINE = np.array([[0.0], [1.0], [3.0]])
FAKE, REAL = DiscreteMeasure(LINE, [0.3, 0.5, 0.2]), DiscreteMeasure(LINE, [0.1, 0.2, 0.7])
F_STAR = {
    "logistic": lambda p, q: np.log(q / p),
    "exponential": lambda p, q: 0.5 * np.log(q / p),
    "sqrt": lambda p, q: (q - p) / (2 * np.sqrt(p * q)),
    "hinge": lambda p, q: np.sign(q - p),
    "quadratic": lambda p, q: q / (p + q),
}


def problem(name, fake=FAKE, real=REAL):
    return CriticProblem(fake, real, losses.get(name), Unrestricted())


@pytest.mark.parametrize("name", F_STAR)
def test_the_default_solver_finds_the_papers_f_star(name):
    solution = solve(problem(name))
    assert type(default_solver(solution.problem)) is ClosedForm
    assert solution.status is Status.OPTIMAL
    assert solution.certificate.relative_gap <= 1e-14
    assert solution.certificate.plan.nnz == 0
    assert solution.certificate.critic_excess == 0.0
    expected = F_STAR[name](FAKE.weights, REAL.weights)
    np.testing.assert_allclose(solution.critic(LINE), expected, rtol=1e-13, atol=1e-13)
    found = divergences.UnrestrictedLoss(losses.get(name)).value(FAKE, REAL)
    assert abs(solution.value - found.value) <= found.error


SOLVABLE = [
    *(losses.get(name) for name in F_STAR),
    losses.combination((0.2, losses.logistic()), (1.0, losses.sqrt())),
    losses.combination((1.0, losses.hinge()), (1.0, losses.quadratic(-1.0, 1.0))),
    losses.logistic().shifted(2.0),
    (2.0 * losses.hinge()).shifted(1.0),
]


@pytest.mark.parametrize("pair", SOLVABLE, ids=lambda pair: pair.name)
@settings(max_examples=20)
@given(measures=pairs_of_measures(dimensions=(1, 2)))
def test_every_pair_is_certified_or_refused_with_its_infimum(pair, measures):
    fake, real = measures
    case = CriticProblem(fake, real, pair, Unrestricted())
    support = case.support
    alone = bool((support.in_fake != support.in_real).any())
    if alone and pair.condition_11():
        with pytest.raises(InputError, match=r"approached and never attained.*wants f = .∞"):
            solve(case)
        return
    solution = solve(case)
    assert solution.status is Status.OPTIMAL
    found = divergences.UnrestrictedLoss(pair).value(fake, real)
    assert abs(solution.value - found.value) <= found.error + 64 * EPS * (1 + abs(found.value))


@pytest.mark.parametrize("name", F_STAR)
@settings(max_examples=20)
@given(seed=st.integers(0, 1000))
def test_no_other_critic_is_better(name, seed):
    solution = solve(problem(name))
    noise = np.random.default_rng(seed).normal(size=3)
    worse = Candidate.of(solution.problem, NearestPoint(LINE, solution.critic(LINE) + noise))
    assert worse.value >= solution.value - solution.certificate.gap - 16 * EPS
    assert worse.certificate.dual <= solution.value + 16 * EPS  # its own zero plan is the best bound there is
    assert worse.certificate.gap == pytest.approx(worse.value - solution.value, abs=64 * EPS * (1 + worse.value))


def test_disjoint_supports():
    """Vanilla, sqrt and exponential: infimum 0, never attained; least squares α and β, hinge ∓1; Wasserstein −∞."""
    fake, real = DiscreteMeasure([[0.0, 1.0]]), DiscreteMeasure([[4.0, 1.0], [5.0, 2.0]])
    for name in ("logistic", "sqrt", "exponential"):
        with pytest.raises(InputError, match=rf"unrestricted {name} .* infimum 0 is approached .* only fake mass"):
            solve(problem(name, fake, real))
    with pytest.raises(InputError, match=r"wasserstein .* is unbounded below"):
        solve(problem("wasserstein", fake, real))
    for name, low in (("quadratic", 0.0), ("hinge", -1.0)):
        solution = solve(problem(name, fake, real))
        assert solution.fake_values == pytest.approx([low])
        assert solution.real_values == pytest.approx([1.0, 1.0])


def test_wasserstein_has_an_optimum_where_the_measures_are_equal():
    solution = solve(problem("wasserstein", FAKE, FAKE))
    assert solution.value == 0.0
    assert solution.status is Status.OPTIMAL


def test_f_star_is_local():
    """Masses and points moved elsewhere do not touch f* at a point (LGAN §3.1)."""
    one = solve(problem("quadratic", DiscreteMeasure([[0.0], [1.0]]), DiscreteMeasure([[0.0], [2.0]], [0.2, 0.8])))
    other = solve(problem("quadratic", DiscreteMeasure([[0.0], [9.0]]), DiscreteMeasure([[0.0], [-7.0]], [0.2, 0.8])))
    assert one.fake_values[0] == pytest.approx(other.fake_values[0], abs=4 * EPS)
    restricted = [
        solve(
            CriticProblem(DiscreteMeasure([[0.0]]), DiscreteMeasure([[d]]), losses.quadratic(), LipschitzPenalty(0.1))
        )
        for d in (1.0, 4.0)
    ]
    assert [s.fake_values[0] for s in restricted] == pytest.approx([0.08333, 0.00617], abs=5e-5)  # printed in THEORY


def test_points_of_weight_zero_take_the_nearest_value():
    fake = DiscreteMeasure([[0.0], [2.0], [2.9]], [0.5, 0.5, 0.0])
    solution = solve(problem("logistic", fake, DiscreteMeasure([[0.0], [2.0]], [0.2, 0.8])))
    assert solution.fake_values[2] == solution.fake_values[1]
    assert solution.certificate.relative_gap <= 1e-14


def test_off_the_points_the_critic_is_arbitrary_and_flat():
    critic = solve(problem("logistic")).critic
    assert isinstance(critic, NearestPoint)
    z = np.array([[0.4], [0.6], [-50.0]])
    np.testing.assert_array_equal(critic(z), critic(np.array([[0.0], [1.0], [0.0]])))
    assert (critic.gradient(z) == 0).all()
    assert critic.lipschitz_constant is None
    with pytest.raises(InputError, match=r"points must have shape \(m, 1\)"):
        critic(np.zeros((2, 2)))


@pytest.mark.parametrize(
    "solver",
    [
        solvers.InteriorPoint(),
        solvers.Reference(),
        solvers.Transport(),
        solvers.CompactDual(),
        solvers.KantorovichRubinstein(),
    ],
)
def test_other_solvers_refuse_and_say_who_does_not(solver):
    with pytest.raises(InputError, match=f"{type(solver).__name__} needs a Lipschitz penalty or ball.*ClosedForm"):
        solve(problem("logistic"), solver)


def test_training_refuses_and_the_closed_form_refuses_the_others():
    with pytest.raises(InputError, match="got Unrestricted"):
        solve(problem("logistic"), solvers.MaxGP(seed=0))
    for regularizer in (LipschitzPenalty(0.1), LipschitzBall(1.0)):
        with pytest.raises(InputError, match="ClosedForm solves unrestricted problems, not Lipschitz"):
            solve(CriticProblem(FAKE, REAL, losses.logistic(), regularizer), ClosedForm())


def test_claims_about_bounding_pairs_do_not_apply():
    solution = solve(problem("logistic"))
    for claim in claims.ALL:
        if claim.subject_type is Candidate and "no restriction" not in {h.name for h in claim.hypotheses}:
            verdict = claim.check(solution)
            assert verdict.status is claims.VerdictStatus.NOT_APPLICABLE, claim.id
            assert verdict.unmet
    assert "no pair is bounding" in claims.get("lgan.theorem-2a").check(solution).explain()
    assert "unrestricted, not penalised" in claims.get("lgan.theorem-1").check(solution).explain()
    for name in ("lgan.theorem-2a", "lgan.theorem-2b", "lgan.theorem-3", "iclr.theorem-2"):
        waived = claims.get(name).check(solution, waive=("restricted constant",))
        assert waived.status is not claims.VerdictStatus.HOLDS


def test_a_candidate_survives_json_though_no_constant_holds_its_values():
    """Falling from a fake to a real point is free of k: an extension with k_support would not keep these values."""
    fake, real = DiscreteMeasure([[0.0], [1.0]], [0.1, 0.9]), DiscreteMeasure([[0.0], [1.0]], [0.9, 0.1])
    solution = solve(problem("logistic", fake, real))
    again = Candidate.from_json(json.loads(json.dumps(solution.to_json())))
    np.testing.assert_allclose(again.certificate.values, solution.certificate.values, rtol=1e-15)
    assert again.certificate.relative_gap <= 1e-12
    assert isinstance(again.problem.regularizer, Unrestricted)


def test_the_regulariser_costs_nothing_and_allows_no_plan():
    free = Unrestricted()
    assert [free.value(k) for k in (0.0, 1.0, 1e300)] == [0.0, 0.0, 0.0]
    assert (free.conjugate(0.0), free.conjugate(1e-300)) == (0.0, np.inf)
    assert (free.fenchel_young(3.0, 0.0), free.fenchel_young(3.0, 0.1)) == (0.0, np.inf)
    assert free.constant_for(2.5) == 2.5
    assert free.constant_interval(0.0, 0.1) == (0.0, np.inf)
    assert free.rescaled(7.0) == free == regularizer_from_json(json.loads(json.dumps(free.to_json())))
    assert problem("logistic").describe() == "3 fake, 3 real in R^1, logistic, unrestricted"
    with pytest.raises(InputError, match=r"must be positive.*say Unrestricted\(\)"):
        LipschitzPenalty(0.0)


def test_a_users_own_critic_is_certified_and_a_plan_bounds_nothing():
    certificate = toylab.certify(problem("logistic"), lambda z: 0.1 * z[:, 0])
    assert 0 < certificate.relative_gap < np.inf
    assert certificate.plan.nnz == 0
    assert toylab.certify(problem("logistic"), lambda z: 0.1 * z[:, 0], np.full((3, 3), 1 / 9)).gap == np.inf


def test_faces_of_an_unrestricted_problem_do_not_speak_of_a_price():
    solution = solve(problem("logistic"))
    assert "without any restriction" in dict(solution.problem.facts())["minimise over f"]
    assert "costs nothing" in dict(solution.facts())["constant k"]


@pytest.mark.parametrize("name", ["two-diracs", "case6", "overlapping-pair"])
def test_the_zoo_knows_no_lipschitz_optimum_of_an_unrestricted_problem(name):
    case = zoo.load(name, losses=losses.quadratic(), regularizer=Unrestricted())
    known = zoo.get(name).known_optimum(case)
    assert known is not None
    assert (known.value, known.constant) == (None, None)
    assert solve(case).status is Status.OPTIMAL


def test_pictures_of_unrestricted_solutions_say_what_is_arbitrary():
    axes = plot(solve(problem("logistic")))
    assert "unrestricted" in axes.get_title()
    assert "any value is optimal" in axes.get_title()
    curve = next(line for line in axes.get_lines() if line.get_gid() == "curve")
    assert curve.get_linestyle() == "--"
    plane = plot(
        solve(zoo.load("random-overlap", losses=losses.quadratic(), regularizer=Unrestricted())), resolution=20
    )
    assert "any value is optimal" in plane.get_title()
    assert not [artist for artist in plane.collections if artist.get_gid() in {"arrows", "coupling"}]
