import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import GRID, clouds, seeds

from toylab import critics
from toylab.critics import FormulaCritic, LowerExtension, UpperExtension, base, hermite, steepest_chord, tabulated
from toylab.errors import InputError

EPS = float(np.finfo(float).eps)
both = pytest.mark.parametrize("kind", [LowerExtension, UpperExtension])


@st.composite
def tables(draw):
    """Different points with values, and other points to look at."""
    dimension = draw(st.sampled_from([1, 2, 5]))
    points = np.unique(draw(clouds(draw(st.integers(2, 6)), dimension)), axis=0)
    assume(len(points) > 1)
    rng = np.random.default_rng(draw(seeds))
    return points, rng.normal(size=len(points)), rng.normal(size=(7, dimension))


@given(tables())
def test_extensions_keep_the_values_and_bracket_every_other(table):
    points, values, z = table
    k = steepest_chord(points, values)
    lower, upper = LowerExtension(points, values, k), UpperExtension(points, values, k)
    rounding = 8 * EPS * (np.abs(values).max() + k * 20)  # of k times the largest distance
    assert (np.abs(lower(points) - values) <= rounding).all()
    assert (np.abs(upper(points) - values) <= rounding).all()
    assert (lower(z) <= upper(z) + rounding).all()


@both
@given(table=tables())
def test_extensions_are_lipschitz_everywhere(kind, table):
    points, values, z = table
    critic = kind(points, values, 2.0)
    rounding = 16 * EPS * (np.abs(critic(z)).max() + 100)
    rise = np.abs(critic(z)[:, None] - critic(z))
    assert (rise <= 2.0 * np.linalg.norm(z[:, None] - z, axis=2) + rounding).all()


@both
@given(table=tables())
def test_gradient_is_the_slope_along_it(kind, table):
    points, values, z = table
    critic = kind(points, values, 2.0)
    gradient, h = critic.gradient(z), 1e-6
    assert np.allclose(np.linalg.norm(gradient, axis=1), 2.0, rtol=1e-14)
    rise = critic(z + h * gradient) - critic(z)
    # a convex (concave) cone: along its own gradient the rise is k² h, up to curvature h² k³ / distance; crossing a
    # kink can only help a maximum and only hurt a minimum, so compare the one-sided bound that both share
    sign = 1.0 if kind is LowerExtension else -1.0
    fall = critic(z) - critic(z - h * gradient)
    best = rise if sign > 0 else fall
    assert (best * 1.0 <= 4.0 * h * (1 + 1e-6) + 1e-14 if sign < 0 else best >= 4.0 * h * (1 - 1e-3) - 1e-14).all()


@both
def test_gradient_vanishes_on_an_active_centre(kind):
    critic = kind(np.array([[0.0, 0.0]]), np.array([1.0]), 3.0)
    assert (critic.gradient(np.zeros((1, 2))) == 0).all()


def test_active_directions_shows_every_partner():
    centres = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 5.0]])
    critic = LowerExtension(centres, np.zeros(3), 1.0)
    (middle, near, centre) = critic.active_directions(np.array([[0.0, 0.0], [0.5, 0.0], [1.0, 0.0]]))
    assert middle.tolist() == [[1.0, 0.0], [-1.0, 0.0]]
    assert near.tolist() == [[1.0, 0.0]]
    assert len(centre) == 0
    assert len(critic.active_directions(np.array([[0.1, 0.0]]), tolerance=0.3)[0]) == 2


@both
def test_large_inputs_are_done_in_blocks(kind, monkeypatch):
    rng = np.random.default_rng(0)
    critic = kind(rng.normal(size=(5, 2)), rng.normal(size=5), 1.0)
    z = rng.normal(size=(23, 2))
    whole = critic(z), critic.gradient(z)
    monkeypatch.setattr(base, "_BLOCK_ENTRIES", 20)
    assert (critic(z) == whole[0]).all()
    assert (critic.gradient(z) == whole[1]).all()


@both
def test_no_points_give_no_values(kind):
    critic = kind(np.zeros((1, 2)), np.zeros(1), 1.0)
    assert critic(np.zeros((0, 2))).shape == (0,)
    assert critic.gradient(np.zeros((0, 2))).shape == (0, 2)


@both
@pytest.mark.parametrize("shape", [(3,), (2, 3), (1, 1, 2)])
def test_points_of_a_wrong_shape_are_refused(kind, shape):
    critic = kind(np.zeros((1, 2)), np.zeros(1), 1.0)
    for method in (critic, critic.gradient):
        with pytest.raises(InputError, match=r"shape \(m, 2\)"):
            method(np.zeros(shape))


@given(tables())
def test_tabulated_has_the_least_constant(table):
    points, values, _ = table
    critic = tabulated(points, values)
    assert critic.lipschitz_constant == steepest_chord(points, values)
    assert critic.lipschitz_constant <= np.ptp(values) / GRID * (1 + 4 * EPS)  # no two points are closer


def test_tabulated_refuses_wrong_shapes():
    with pytest.raises(InputError, match=r"points \(N, d\) and values \(N,\)"):
        tabulated(np.zeros((3, 2)), np.zeros(2))


@given(tables(), seeds)
def test_hermite_has_the_values_and_the_gradients_it_was_given(table, seed):
    points, values, _ = table
    gradients = np.random.default_rng(seed).normal(size=points.shape)
    critic = hermite(points, values, gradients)
    np.testing.assert_allclose(critic(points), values, rtol=4 * EPS)
    np.testing.assert_allclose(critic.gradient(points), gradients, rtol=4 * EPS, atol=1e-300)


@given(tables(), seeds)
def test_hermite_gradient_is_the_derivative(table, seed):
    points, values, _ = table
    rng = np.random.default_rng(seed)
    critic = hermite(points, values, rng.normal(size=points.shape))
    z = points + rng.uniform(-0.05, 0.05, size=points.shape)  # inside the bumps, whose radius is at least 1/8
    direction = rng.normal(size=points.shape)
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    h = 1e-6
    slope = (critic(z + h * direction) - critic(z - h * direction)) / (2 * h)
    exact = (critic.gradient(z) * direction).sum(axis=1)
    # error h²/6 · f''' with f''' ≤ 1e3 · |f| / r³ on this part of the bump, and a rounding over h
    np.testing.assert_allclose(slope, exact, rtol=0, atol=h**2 * 1e6 + 1e-8)


def test_hermite_needs_different_points():
    with pytest.raises(InputError, match="at least two points, all different"):
        hermite(np.zeros((2, 1)), np.zeros(2), np.zeros((2, 1)))


def test_a_formula_critic_calls_its_formulas():
    critic = FormulaCritic(lambda z: z[:, 0] ** 2, lambda z: 2 * z, lipschitz_constant=None)
    z = np.array([[3.0]])
    assert critic(z) == 9.0
    assert critic.gradient(z) == 6.0


def test_unit_vectors_leave_zero_alone():
    vectors = np.array([[3.0, 4.0], [0.0, 0.0]])
    assert critics.unit_vectors(vectors).tolist() == [[0.6, 0.8], [0.0, 0.0]]
