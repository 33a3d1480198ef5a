"""Random compositions of losses: convexity, duality, conditions and round trips, by numbers alone."""

from __future__ import annotations

import json
from functools import reduce
from typing import Any

import numpy as np
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from toylab import losses
from toylab.losses import Loss, LossPair

EPS = float(np.finfo(float).eps)
GRID = np.linspace(-12.0, 12.0, 481) + 0.001

amounts = st.sampled_from([0.25, 0.5, 1.0, 2.0, 3.0])
places = st.sampled_from([-1.5, -0.5, 0.0, 0.25, 1.0, 2.0])
leaves = st.one_of(
    st.sampled_from([losses.Linear(), losses.Softplus(), losses.SquareRoot(), losses.Exponential(), losses.Hinge()]),
    places.map(losses.Square),
    st.builds(losses.Affine, places, places),
)


def grown(children: st.SearchStrategy[Loss]) -> st.SearchStrategy[Loss]:
    return st.one_of(
        children.map(losses.Reflected),
        st.builds(losses.Scaled, children, amounts),
        st.builds(losses.Shifted, children, places),
        st.builds(losses.Stretched, children, amounts),
        st.builds(losses.Raised, children, places),
        st.lists(children, min_size=1, max_size=3).map(lambda terms: losses.Total(tuple(terms))),
    )


composed = st.recursive(leaves, grown, max_leaves=4)
steps = st.one_of(
    places.map(lambda offset: lambda pair: pair.shifted(offset)),
    amounts.map(lambda unit: lambda pair: pair.rescaled(unit)),
    st.tuples(amounts, amounts).map(lambda pair_of: lambda pair: pair.weighted(fake=pair_of[0], real=pair_of[1])),
    st.tuples(places, places).map(lambda pair_of: lambda pair: pair.raised(fake=pair_of[0], real=pair_of[1])),
    amounts.map(lambda factor: lambda pair: factor * pair),
    st.sampled_from(losses.names()).map(lambda name: lambda pair: pair + losses.get(name)),
)
named = st.one_of(
    st.sampled_from([losses.get(name) for name in losses.names()]),
    st.sampled_from([(-1.0, 1.0), (0.5, 0.5)]).map(lambda ends: losses.quadratic(*ends)),
)
pairs = st.builds(
    lambda start, changes: reduce(lambda pair, change: change(pair), changes, start), named, st.lists(steps, max_size=3)
)
free_pairs = st.builds(lambda fake, real: LossPair("free", fake, real), composed, composed)


def size(loss: Loss, t: np.ndarray) -> np.ndarray:
    """What a rounding of the value at t is relative to: every part of it, each at its own argument."""
    return (
        1.0
        + np.abs(loss.value(t))
        + np.abs(loss.slope(t)) * (4.0 + np.abs(t))
        + sum(np.abs(part.value(GRID)).max() for part in loss.parts)
    )


@given(composed)
def test_compositions_are_convex_and_their_slopes_fit(loss):
    value, slope = loss.value(GRID), loss.slope(GRID)
    rounding = 256 * EPS * size(loss, GRID)
    width, rise = np.diff(GRID), np.diff(value)
    slack = (rounding[1:] + rounding[:-1]) * (1 + width)
    assert (rise >= slope[:-1] * width - slack).all()
    assert (rise <= slope[1:] * width + slack).all()
    assert (loss.curvature(GRID) >= 0).all()
    interval = loss.slope_range
    assert (slope >= interval.lower - rounding).all()
    assert (slope <= interval.upper + rounding).all()


@given(composed, st.floats(-10, 10), st.floats(-6, 6))
def test_fenchel_young_holds_with_equality_at_the_root(loss, t, u):
    at = np.array([t])
    slope = loss.slope(at)
    rounding = 512 * EPS * size(loss, at) * (1 + abs(u))
    assert np.abs(loss.value(at) + loss.conjugate(slope) - slope * t) <= rounding
    assert loss.value(at) + loss.conjugate(np.array([u])) - u * t >= -rounding


@given(composed)
def test_kinks_and_the_smooth_part_make_the_loss(loss):
    kinks = loss.kinks
    ramps = sum((kink.jump * np.maximum(GRID - kink.at, 0.0) for kink in kinks), np.zeros(GRID.shape))
    rounding = 256 * EPS * (size(loss, GRID) + ramps)
    assert (np.abs(loss.smooth.value(GRID) + ramps - loss.value(GRID)) <= rounding).all()
    assert loss.smooth.kinks == ()
    assert all(kink.jump > 0 for kink in kinks)


@given(composed)
def test_losses_go_through_json(loss):
    pair = LossPair("p", loss, losses.Reflected(loss))
    assert losses.from_json(json.loads(json.dumps(pair.to_json()))) == pair


@given(pairs)
def test_pairs_go_through_their_names_and_through_json(pair):
    assert losses.get(pair.name) == pair
    assert losses.from_json(json.loads(json.dumps(pair.to_json()))) == pair


@given(st.one_of(pairs, free_pairs))
def test_condition_11_is_what_the_slopes_show(pair):
    """On |t| ≤ 30 no loss here has come so near to an end of its slopes that it looks like 0."""
    t = np.linspace(-30.0, 30.0, 6001) + 1e-4
    rises, falls = pair.fake_loss.slope(t) > 0, pair.real_loss.slope(t) < 0
    balance = pair.fake_loss.slope(t) + pair.real_loss.slope(t)
    straight = not (pair.fake_loss.kinks or pair.real_loss.kinks)
    seen = bool(rises.all() and falls.all() and straight and balance[0] <= 0 <= balance[-1])
    if bool(pair.condition_11()) != seen:  # only a balance that no |t| ≤ 30 has, or one that is never reached
        assert pair.best_constant is None or abs(pair.best_constant) > 29.0


@given(st.one_of(pairs, free_pairs))
def test_the_best_constant_is_best(pair):
    constant = pair.best_constant
    if constant is None:
        assert pair.describe_missing_optimum()
        return
    total = losses.Total((pair.fake_loss, pair.real_loss))
    other: Any = minimize_scalar(lambda t: float(total.value(np.array([t]))[0]), bounds=(-60, 60), method="bounded")
    at = np.array([constant])
    assert total.value(at) <= other.fun + 512 * EPS * size(total, at)


@given(st.one_of(pairs, free_pairs))
def test_the_compact_form_is_an_order_of_minimisers(pair):
    """φ never falls, and ϕ never rises, on some common ray to each side: probed on a grid."""
    t = np.linspace(-40.0, 40.0, 8001)
    falls, rises = pair.fake_loss.slope(t + 1e-9) < -1e-12, pair.real_loss.slope(t) > 1e-12
    last_fall = t[falls].max(initial=-np.inf)
    first_rise = t[rises].min(initial=np.inf)
    if pair.compact_form():
        assert last_fall <= first_rise
    else:
        assert first_rise - 0.02 <= last_fall


def _third_slope(t: np.ndarray) -> np.ndarray:
    return 0.25 + np.where(t > 1, 1, -1) / 3


@given(composed)
@example(losses.Reflected(losses.Stretched(losses.Hinge(), 3.0)))  # a jump of 1/3 is no float32
@example(losses.Custom.from_functions("third", value=lambda t: t / 4 + abs(t - 1) / 3, slope=_third_slope))
def test_torch_says_the_same_as_numpy_at_the_kinks_too(loss):
    """Where a kink is hit exactly, its jump is added as a float64 number on both sides."""
    t = np.append(GRID[::20], [kink.at for kink in loss.kinks])
    for own in (loss, loss.smooth):
        for method in (own.value, own.slope, own.curvature):
            found = method(torch.tensor(t)).numpy()
            assert found.dtype == np.float64
            np.testing.assert_allclose(found, method(t), rtol=1e-14, atol=1e-300)
