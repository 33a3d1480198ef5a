"""Kinks of the losses: their slacks, the elimination of these from Newton's system, and where they lead."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.strategies import seeds
from toylab import losses
from toylab.losses import LossPair
from toylab.solvers.kinked_terms import KinkAim, KinkedTerms, KinkSlacks, longest_step

EPS = np.finfo(float).eps
PAIRS = {
    "hinge": losses.hinge(),
    "shifted": losses.hinge().shifted(0.5),
    "rescaled and weighted": losses.hinge().rescaled(3.0).weighted(fake=2.0, real=0.5),
    "hinge twice": losses.hinge() + losses.hinge().rescaled(0.25),
    "leaky": losses.hinge() + 0.1 * losses.wasserstein(),
    "with a curved part": losses.combination((0.5, losses.hinge()), (2.0, losses.logistic())),
}
FAKE, REAL = torch.tensor([0.25, 0.75, 0.0], dtype=torch.float64), torch.tensor([0.0, 0.5, 0.5], dtype=torch.float64)


def number(value: float) -> torch.Tensor:
    return torch.tensor([value], dtype=torch.float64)


def noise(rng: np.random.Generator, count: int, decades: float = 0.0) -> torch.Tensor:
    """Numbers of either sign and of any one size between 1 and so many decades less."""
    return torch.tensor(rng.normal(size=count) * 10.0 ** rng.uniform(-decades, 0.0))


def terms_of(count: int, rng: np.random.Generator, size: int) -> KinkedTerms:
    """Kinks at any points, several at one of them among them, with jumps over six decades."""
    points = torch.tensor(rng.integers(0, size, count))
    return KinkedTerms(
        points, torch.tensor(10.0 ** rng.uniform(-3, 3, count)), torch.tensor(rng.normal(size=count)), size
    )


def slacks_of(terms: KinkedTerms, values: torch.Tensor, rng: np.random.Generator, decades: float) -> KinkSlacks:
    """Positive slacks with above − below = t − τ and a slope inside [0, c], some very close to their ends."""
    count = len(terms)
    beyond = values[terms.points] - terms.at
    room = torch.tensor(10.0 ** rng.uniform(-decades, 0, count))
    share = torch.tensor(np.where(rng.random(count) < 0.5, 10.0 ** rng.uniform(-decades, -0.5, count), 0.5))
    return KinkSlacks(
        beyond.clamp(min=0.0) + room, (-beyond).clamp(min=0.0) + room, terms.jumps * (1.0 - share), terms.jumps * share
    )


@pytest.mark.parametrize("name", PAIRS)
def test_every_jump_of_the_objective_is_a_kink_of_its_point(name):
    """One-sided difference quotients of p φ + q ϕ: the sum of the jumps of a point at one value, and none elsewhere."""
    pair = PAIRS[name]
    terms = KinkedTerms.of(pair, FAKE, REAL)
    places = np.unique(np.append(terms.at.numpy(), [-2.25, 0.0, 3.0]))
    step = 1e-6
    for point, (p, q) in enumerate(zip(FAKE.tolist(), REAL.tolist(), strict=True)):
        at = np.array([places - step, places, places + step])
        below, here, above = p * pair.fake_loss.value(at) + q * pair.real_loss.value(at)
        jumps = (above - 2.0 * here + below) / step
        own = terms.points.numpy() == point
        kinks, heights = terms.at.numpy()[own], terms.jumps.numpy()[own]
        expected = [heights[kinks == place].sum() for place in places]
        # the curved part adds step · h'' ≤ step; rounding of the values is worth 4 ε |h| / step
        np.testing.assert_allclose(jumps, expected, rtol=0, atol=step + 40 * EPS / step)


def test_points_without_mass_and_losses_without_kinks_have_none():
    assert len(KinkedTerms.of(losses.logistic(), FAKE, REAL)) == 0
    assert len(KinkedTerms.of(losses.wasserstein(), FAKE, REAL)) == 0
    assert sorted(KinkedTerms.of(losses.hinge(), FAKE, REAL).points.tolist()) == [0, 1, 1, 2]


def test_without_kinks_nothing_is_added_and_nothing_limits_a_step():
    terms = KinkedTerms.of(losses.logistic(), FAKE, REAL)
    values = torch.zeros(3, dtype=torch.float64)
    slacks = terms.start(values, 1.0)
    nothing = terms.products(slacks)
    assert terms.slope(slacks).tolist() == terms.curvature(slacks).tolist() == [0.0, 0.0, 0.0]
    assert terms.shift(slacks, nothing).tolist() == [0.0, 0.0, 0.0]
    assert nothing.total() == 0.0
    change = terms.step(slacks, nothing, values)
    assert slacks.reach(change) == np.inf
    assert len(slacks.moved(change, 1.0).beta) == 0


@pytest.mark.parametrize("room", [1e-3, 1.0, 1e6])
def test_the_start_is_inside_by_the_room_asked_for(room):
    rng = np.random.default_rng(0)
    terms, values = terms_of(20, rng, 6), torch.tensor(10.0 * rng.normal(size=6))
    slacks = terms.start(values, room)
    beyond = values[terms.points] - terms.at
    assert float(torch.minimum(slacks.above, slacks.below).min()) >= room
    np.testing.assert_allclose(
        slacks.above - slacks.below, beyond, rtol=0, atol=8 * EPS * (room + float(beyond.abs().max()))
    )
    assert bool((slacks.alpha > 0).all())
    assert bool((slacks.beta > 0).all())
    np.testing.assert_allclose(slacks.alpha + slacks.beta, terms.jumps, rtol=4 * EPS)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(seeds, st.sampled_from([1.0, 3.0, 8.0]))
def test_the_eliminated_step_solves_the_whole_newton_system(seed, decades):
    """The linearised conditions of every kink and every point, none of them eliminated, up to rounding of their terms:

    A df + Σ dβ = −r − Σ β,   da − db = df,   α da − a dβ = aim_a − α a,   β db + b dβ = aim_b − β b.
    """
    rng = np.random.default_rng(seed)
    size = 4
    terms, values = terms_of(7, rng, size), torch.tensor(rng.normal(size=size))
    slacks = slacks_of(terms, values, rng, decades)
    aim = KinkAim(noise(rng, 7, decades), noise(rng, 7, decades))
    square = rng.normal(size=(size, size))
    matrix, residual = square @ square.T + np.eye(size), rng.normal(size=size)

    reduced = matrix + np.diag(terms.curvature(slacks).numpy())
    df = np.linalg.solve(reduced, -(residual + terms.slope(slacks).numpy() + terms.shift(slacks, aim).numpy()))
    change = terms.step(slacks, aim, torch.tensor(df))

    a, b, alpha, beta = (array.numpy() for array in (slacks.above, slacks.below, slacks.alpha, slacks.beta))
    da, db, dalpha, dbeta = (array.numpy() for array in (change.above, change.below, change.alpha, change.beta))
    goal_a, goal_b, own = aim.above.numpy(), aim.below.numpy(), df[terms.points.numpy()]

    def vanishes(*terms_of_equation: np.ndarray) -> None:
        # each equation was solved for one of its unknowns in fewer than 16 roundings of its terms
        missed = np.abs(np.sum(terms_of_equation, axis=0))
        assert (missed <= 16 * EPS * np.sum(np.abs(terms_of_equation), axis=0)).all()

    np.testing.assert_array_equal(dalpha, -dbeta)
    vanishes(alpha * da, -a * dbeta, -goal_a, alpha * a)
    vanishes(beta * db, b * dbeta, -goal_b, beta * b)
    # above − below: its terms are those that make up da and db
    parts = (da, -db, -own, goal_a / alpha, -goal_a / alpha, goal_b / beta, -goal_b / beta, a, -a, b, -b)
    vanishes(*parts, a * dbeta / alpha, -a * dbeta / alpha, b * dbeta / beta, -b * dbeta / beta)
    # the balance of a point: np.linalg.solve loses 8 N³ ε of the size of the reduced matrix
    gathered, scale = np.zeros(size), np.abs(residual) + np.abs(matrix) @ np.abs(df)
    np.add.at(gathered, terms.points.numpy(), dbeta + beta)
    np.add.at(scale, terms.points.numpy(), np.abs(beta) + np.abs(dbeta))
    lost = 8 * size**3 * EPS * np.abs(reduced).max() * np.abs(df).max()
    offset = np.abs(goal_b / beta) + b + np.abs(goal_a / alpha) + a
    lost_offset = np.zeros(size)
    np.add.at(lost_offset, terms.points.numpy(), 16 * EPS * (offset + np.abs(own)) / (a / alpha + b / beta))
    assert (np.abs(matrix @ df + residual + gathered) <= lost + lost_offset + 16 * EPS * scale).all()


@pytest.mark.parametrize(
    ("goal", "value", "slope"),
    [(-1.0, -1.0, 0.0), (0.4, 0.25, 0.15), (0.9, 0.25, 0.65), (2.0, 1.0, 1.0), (9.0, 8.0, 1.0)],
)
def test_the_slope_at_the_optimum_is_that_of_the_kink(goal, value, slope):
    """½(t − goal)² + max(0, t − ¼) is least at goal below the kink, at goal − 1 beyond it, else on it: β = goal − t."""
    terms = KinkedTerms(torch.tensor([0]), number(1.0), number(0.25), 1)
    t = torch.zeros(1, dtype=torch.float64)
    slacks = terms.start(t, 1.0)
    for _ in range(60):
        target = 0.1 * terms.products(slacks).total() / 2.0
        aim = KinkAim(number(target), number(target))
        rest = t - goal + terms.slope(slacks) + terms.shift(slacks, aim)
        change = -rest / (1.0 + terms.curvature(slacks))
        step = terms.step(slacks, aim, change)
        length = min(1.0, 0.9 * slacks.reach(step))
        t, slacks = t + length * change, slacks.moved(step, length)
    left = terms.products(slacks).total()
    assert left <= 1e-12
    # strong convexity 1: ½ |t − t*|² ≤ the complementarity that is left; the slope moves as t does
    assert float(t) == pytest.approx(value, abs=np.sqrt(2.0 * left) + 1e-12)
    assert float(terms.slope(slacks)) == pytest.approx(slope, abs=np.sqrt(2.0 * left) + 1e-12)


@given(seeds)
@settings(max_examples=40, deadline=None, derandomize=True)
def test_the_reach_is_the_longest_step_inside(seed):
    rng = np.random.default_rng(seed)
    terms = terms_of(5, rng, 3)
    slacks = slacks_of(terms, torch.tensor(rng.normal(size=3)), rng, 4.0)
    dbeta = torch.tensor(rng.normal(size=5))
    change = KinkSlacks(noise(rng, 5), noise(rng, 5), -dbeta, dbeta)
    reach = slacks.reach(change)

    def least(step: float) -> float:
        moved = slacks.moved(change, step)
        return min(float(part.min()) for part in (moved.above, moved.below, moved.alpha, moved.beta))

    assert least(reach * (1 - 1e-9)) > 0
    assert least(reach * (1 + 1e-9)) < 0  # β and α = c − β move against each other, so some bound is always met


def test_a_step_that_shrinks_nothing_is_not_limited():
    values = torch.tensor([1.0, 0.0, 2.0], dtype=torch.float64)
    assert longest_step(values, torch.tensor([0.0, -1.0, 3.0], dtype=torch.float64)) == np.inf
    assert longest_step(values, torch.tensor([-4.0, -1.0, -1.0], dtype=torch.float64)) == 0.25


def test_products_are_what_the_optimum_makes_vanish():
    """At an exact optimum — below, on and beyond the kink — (c − β) · above and β · below are 0."""
    terms = KinkedTerms(torch.tensor([0, 1, 2]), torch.full((3,), 2.0), torch.zeros(3), 3)
    optimum = KinkSlacks(
        above=torch.tensor([0.0, 0.0, 3.0]),
        below=torch.tensor([1.0, 0.0, 0.0]),
        alpha=torch.tensor([2.0, 1.5, 0.0]),
        beta=torch.tensor([0.0, 0.5, 2.0]),
    )
    assert terms.products(optimum).total() == 0.0
    wrong = KinkSlacks(optimum.above, optimum.below, optimum.beta, optimum.alpha)
    assert terms.products(wrong).total() == 2.0 + 6.0


def test_the_pair_of_a_users_own_kinks_is_read_from_its_losses():
    uneven = LossPair(
        "uneven", losses.Scaled(losses.Hinge(), 3.0), losses.Reflected(losses.Shifted(losses.Hinge(), 2.0))
    )
    terms = KinkedTerms.of(uneven, FAKE, REAL)
    found = sorted(zip(terms.points.tolist(), terms.jumps.tolist(), terms.at.tolist(), strict=True))
    # fakes jump at −1 by 3 p; ϕ(t) = max(0, 1 − t − 2) jumps at −1 as well, by q
    assert found == [(0, 0.75, -1.0), (1, 0.5, -1.0), (1, 2.25, -1.0), (2, 0.5, -1.0)]
