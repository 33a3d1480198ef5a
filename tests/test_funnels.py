"""Min-funnel pairs: optimal by duality, with the published numbers."""

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from toylab.distributions import MinFunnels, published_funnels, random_funnels
from toylab.errors import InputError

EPS = float(np.finfo(float).eps)
PAIRS = [(2, 1, 2.0), (2, 4, 2.0), (2, 64, 8.0), (16, 4, 3.0), (3, 16, 1.5), (1, 3, 2.0)]
FUNNELS = [random_funnels(d, count, np.random.default_rng(count), degree=degree) for d, count, degree in PAIRS]
each_pair = pytest.mark.parametrize("funnels", FUNNELS, ids=str)


@each_pair
def test_the_potential_rises_along_every_pair_by_its_length(funnels):
    x, y = funnels.sample_pairs(300, np.random.default_rng(0))
    u, length = funnels.potential, np.linalg.norm(x - y, axis=1)
    rounding = 16 * EPS * 2.5 * np.sqrt(funnels.dimension)  # a few roundings of numbers as large as the box
    np.testing.assert_allclose(u(y) - u(x), length, atol=rounding, rtol=0)
    assert (np.abs(x) <= 2.5 + rounding).all()
    gradient = u.gradient(x)
    moved = length > 1e-3
    towards = (gradient[moved] * (y - x)[moved]).sum(axis=1) / length[moved]
    np.testing.assert_allclose(towards, 1.0, atol=rounding / 1e-3)


@each_pair
def test_the_potential_is_1_lipschitz(funnels):
    z = np.random.default_rng(1).uniform(-3, 3, size=(60, funnels.dimension))
    rise = np.abs(funnels.potential(z)[:, None] - funnels.potential(z))
    assert (rise <= cdist(z, z) + 32 * EPS * 3 * np.sqrt(funnels.dimension)).all()


@each_pair
def test_pairs_are_the_cheapest_assignment(funnels):
    x, y = funnels.sample_pairs(100, np.random.default_rng(2))
    distance = cdist(x, y)
    best = distance[linear_sum_assignment(distance)].mean()
    assert np.linalg.norm(x - y, axis=1).mean() == pytest.approx(best, rel=1e-12)


def test_rays_end_where_another_funnel_takes_over():
    """Just before the end of its ray a funnel is active, just behind it another one is, or the box has ended."""
    funnels = random_funnels(2, 8, np.random.default_rng(3))
    y = funnels.real.sample_points(200, np.random.default_rng(4))
    owner, ray = funnels._rays(y)
    tips = funnels.centres[owner]
    direction = (y - tips) / np.linalg.norm(y - tips, axis=1)[:, None]

    def active(share):
        z = tips + share * ray[:, None] * direction
        heights = funnels.biases + cdist(z, funnels.centres)
        return heights.argmin(axis=1) == owner, (np.abs(z) <= 2.5).all(axis=1)

    before, inside = active(1 - 1e-9)
    assert (before & inside).all()
    behind, inside = active(1 + 1e-9)
    assert (~behind | ~inside).all()


@pytest.mark.parametrize("degree", [1.5, 2.0, 8.0])
def test_population_w1_agrees_with_a_large_sample(degree):
    funnels = random_funnels(2, 8, np.random.default_rng(5), degree=degree)
    mean, error = funnels.estimate_w1(100_000, np.random.default_rng(6))
    assert abs(funnels.population_w1 - mean) <= 5 * error  # chance 6e-7


def test_population_w1_of_one_funnel_in_a_box():
    """One tip at the centre, degree 2: W₁ = E ‖y‖ (1 − t), and E[1 − t] = 1/4 under the weight ‖y‖."""
    funnels = MinFunnels([[0.0, 0.0]], [0.0], half_side=1.0, degree=2.0)
    # E‖y‖ on the square [-1, 1]² is (√2 + arcsinh 1)/3; in each direction t has density 3t² under that weight
    assert funnels.population_w1 == pytest.approx((np.sqrt(2) + np.arcsinh(1)) / 3 * 0.25, rel=1e-6)


def test_the_fakes_density_fits_their_sample():
    """E g(x) over samples against ∫ g p over the box, with a g that takes the poles at the tips away."""
    funnels = random_funnels(2, 4, np.random.default_rng(7), degree=2.0)
    n = 200_000

    def test_function(z):
        return np.cos(z[:, 0]) * np.minimum(cdist(z, funnels.centres).min(axis=1), 1.0)

    drawn = test_function(funnels.fake.sample_points(n, np.random.default_rng(8)))
    z = funnels.real.sample_points(n, np.random.default_rng(9))
    weighed = test_function(z) * funnels.fake.density(z) * 25.0
    error = np.hypot(drawn.std(), weighed.std()) / np.sqrt(n)
    assert abs(drawn.mean() - weighed.mean()) <= 5 * error  # chance 6e-7
    assert (funnels.fake.density(np.array([[3.0, 0.0]])) == 0.0).all()


#: The published benchmark's row "true": W₁ by (dimension, funnels), from 4096 samples.
PUBLISHED = {(2, 4): 0.817, (4, 4): 1.39, (8, 4): 1.88, (16, 4): 1.94, (32, 4): 1.82, (2, 16): 0.466, (16, 16): 1.74}


@pytest.mark.parametrize(("dimension", "count"), PUBLISHED)
def test_published_funnels_have_the_published_w1(dimension, count):
    mean, error = published_funnels(dimension, count).estimate_w1(20_000, np.random.default_rng(0))
    rounding = 0.5 * 10.0 ** (np.floor(np.log10(PUBLISHED[dimension, count])) - 2)  # three digits are printed
    theirs = error * np.sqrt(20_000 / 4096)
    assert abs(mean - PUBLISHED[dimension, count]) <= 4 * np.hypot(error, theirs) + rounding


def test_published_funnels_are_the_published_numbers():
    """Two numbers of the benchmark's own file for D = 2, N = 4, in float32."""
    funnels = published_funnels(2, 4)
    np.testing.assert_allclose(funnels.centres[0], [0.47180951, -2.34390354], rtol=6e-8)
    np.testing.assert_allclose(funnels.biases[:2], [-0.03889056, -0.09128842], rtol=6e-7)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: MinFunnels([[0.0, 0.0]], [0.0, 1.0]), "1 funnels need as many biases, got 2"),
        (lambda: MinFunnels([[9.0, 0.0]], [0.0]), "must lie in the box"),
        (lambda: MinFunnels([[0.0, 0.0]], [0.0], degree=1.0), "must be larger than 1"),
        (lambda: MinFunnels([[0.0, 0.0]], [0.0], half_side=-1.0), "half_side must be positive"),
        (lambda: random_funnels(2, 0, np.random.default_rng(0)), "number of funnels must be a positive whole"),
        (lambda: random_funnels(2, 3, 0), r"numpy\.random\.Generator"),  # type: ignore[arg-type]
        (lambda: FUNNELS[3].population_w1, "use estimate_w1"),
        (lambda: FUNNELS[0].sample_pairs(0, np.random.default_rng(0)), "number of pairs must be a positive whole"),
        (lambda: FUNNELS[0].estimate_w1(1, np.random.default_rng(0)), "whole number of at least 2"),
    ],
)
def test_bad_input_is_named(make, words):
    with pytest.raises(InputError, match=words):
        make()
