"""Densities against quadrature, samples against densities and laws, supports against both.

Levels: a correct sampler fails a test of goodness of fit with chance 1e-6 for each seed, and seeds are fixed.
"""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import binom, chi2, kstest, norm

from toylab.distributions import (
    Distribution,
    Gaussian,
    Masses,
    Mixture,
    Noisy,
    Ring,
    Segment,
    SmoothImages,
    SwissRoll,
    Translated,
    UniformBox,
    gaussian_mixture,
    gaussians_on_circle,
    gaussians_on_grid,
    square_boundary,
)
from toylab.errors import InputError
from toylab.measures import DiscreteMeasure

LEVEL = 1e-6

ON_THE_LINE = [
    Gaussian([0.3], 0.5),
    UniformBox([1.0], 0.25),
    Segment([-0.5], [1.5]),
    gaussian_mixture([[-1.0], [1.0]], 0.3, [1, 3]),
    Mixture([Gaussian([0.0], 1.0), UniformBox([0.0], [2.0])]),
    Translated(gaussian_mixture([[-1.0], [1.0]], 0.3), [0.5]),
    Noisy(UniformBox([1.0], 0.25), 0.4),
    Noisy(Segment([-0.5], [1.5]), 0.4),
    Noisy(Noisy(Masses(DiscreteMeasure([[0.0], [1.0], [9.0]], [1, 3, 0])), 0.3), 0.4),
]
#: Distributions in the plane with a density that is smooth on a length of 0.2, and all but 1e-12 of them within ±4.
SMOOTH = {
    "gaussian": Gaussian([0.3, -0.2], 0.4),
    "mixture": gaussian_mixture([[-1.0, 0.0], [1.0, 0.5]], 0.3, [1, 3]),
    "noisy box": Noisy(UniformBox([0.5, 0.0], [0.25, 1.0]), 0.3),
    "noisy segment": Noisy(Segment([-1.0, 0.0], [1.0, 0.5]), 0.3),
    "noisy lattice": Noisy(square_boundary([0.0, 0.0], 0.5), 0.3),
    "noisy mixture": Noisy(Mixture([Segment([0.0, 0.0], [1.0, 1.0]), Ring([0.0, 0.0], 0.5)], [1, 2]), 0.3),
    "ring": Ring([0.2, 0.1], 1.0, 0.25),
    "noisy ring": Noisy(Ring([0.2, 0.1], 1.0, 0.2), 0.2),
    "swiss roll": SwissRoll(1.5, 10.0),
    "noisy swiss roll": Noisy(SwissRoll(0.0, 10.0), 0.2),
    "translated": Translated(SwissRoll(2.0, 10.0), [0.3, -0.3]),
    "noisy circle": Noisy(gaussians_on_circle(5), 0.25),
    "noisy grid": Noisy(Translated(gaussians_on_grid(2), [0.1, 0.2]), 0.25),
}
BOUNDED = [
    UniformBox([1.0, -1.0], [0.5, 0.25]),
    Segment([0.0, 1.0], [2.0, 3.0]),
    Masses(DiscreteMeasure([[0.0, 1.0], [2.0, 3.0]], [1, 3])),
    square_boundary([-1.0, 0.0], 0.5),
    Ring([1.0, 2.0], 0.5),
    SwissRoll(0.0),
    Mixture([UniformBox([0.0, 0.0], 1.0), Ring([5.0, 0.0], 1.0)]),
    Translated(SwissRoll(0.0), [1.0, 2.0]),
]
EVERYWHERE = [*ON_THE_LINE, *SMOOTH.values(), *BOUNDED, SmoothImages(8)]


def at(*places: float) -> np.ndarray:
    return np.array(places)[:, None]


def cells(side: int = 16, half: float = 4.0, nodes: int = 10) -> tuple[np.ndarray, np.ndarray]:
    """Gauss-Legendre nodes (side², nodes², 2) of the cells of a grid on [−half, half]², and their weights (nodes²,)."""
    x, w = np.polynomial.legendre.leggauss(nodes)
    width = half / side
    line = (-half + width * (2 * np.arange(side)[:, None] + 1 + x)).reshape(-1)
    grid = np.stack(np.meshgrid(line, line, indexing="ij"), axis=-1).reshape(side, nodes, side, nodes, 2)
    return grid.transpose(0, 2, 1, 3, 4).reshape(side**2, nodes**2, 2), np.outer(w, w).ravel() * width**2


def box_of(distribution: Distribution) -> tuple[np.ndarray, np.ndarray]:
    box = distribution.bounding_box()
    assert box is not None
    return box


def parts(mixture: Mixture) -> tuple[np.ndarray, set[float]]:
    """Means and scales of a mixture of Gaussians."""
    gaussians = [part for part in mixture.components if isinstance(part, Gaussian)]
    return np.array([part.mean for part in gaussians]), {part.scale for part in gaussians}


@pytest.mark.parametrize("distribution", ON_THE_LINE)
def test_density_on_the_line_integrates_to_one(distribution):
    kinks = [-2, -0.5, 0.75, 1.25, 1.5, 2]
    mass, error = quad(lambda t: distribution.density(at(t))[0], -8, 8, points=kinks, limit=200)
    assert abs(mass - 1.0) <= error + 1e-12  # beyond ±8 lies less than 1e-14 of these


@pytest.mark.parametrize("distribution", SMOOTH.values(), ids=SMOOTH)
def test_density_in_the_plane_integrates_to_one_and_fits_the_samples(distribution):
    nodes, weights = cells()
    mass = distribution.density(nodes.reshape(-1, 2)).reshape(len(nodes), -1) @ weights
    # ten nodes on a cell of half a unit: below 1e-9 for densities that are smooth on a length of 0.2; outside: 1e-12
    assert abs(mass.sum() - 1.0) <= 1e-8
    n = 20_000
    points = distribution.sample(n, np.random.default_rng(0)).points
    index = np.clip(np.floor((points + 4.0) / 0.5).astype(int), 0, 15)
    counts = np.bincount(16 * index[:, 0] + index[:, 1], minlength=256)
    full = n * mass >= 10
    expected = np.append(n * mass[full], n * max(mass[~full].sum(), 1e-12))
    observed = np.append(counts[full], counts[~full].sum())
    if expected[-1] < 10:  # too rare for a square: into the fullest cell
        expected[expected.argmax()] += expected[-1]
        observed[expected.argmax()] += observed[-1]
        expected, observed = expected[:-1], observed[:-1]
    statistic = ((observed - expected) ** 2 / expected).sum()
    assert chi2.sf(statistic, len(expected) - 1) >= LEVEL


@pytest.mark.parametrize("distribution", ON_THE_LINE)
def test_samples_fall_below_a_place_as_often_as_the_density_says(distribution):
    middle = 0.8
    share, _ = quad(lambda t: distribution.density(at(t))[0], -8, middle, points=[-2, -0.5, 0.75], limit=200)
    n = 2000
    below = int((distribution.sample(n, np.random.default_rng(0)).points[:, 0] < middle).sum())
    low, high = binom.interval(1 - 1e-9, n, share)  # a wrong sampler is off by far more; chance 1e-9
    assert low <= below <= high


@pytest.mark.parametrize("distribution", EVERYWHERE)
def test_samples_depend_on_the_seed_alone(distribution):
    first, second = (distribution.sample(7, np.random.default_rng(5)) for _ in range(2))
    assert (first.points == second.points).all()
    assert first.points.shape == (7, distribution.dimension)
    assert (first.points != distribution.sample(7, np.random.default_rng(6)).points).any()


@pytest.mark.parametrize("distribution", BOUNDED)
def test_samples_lie_in_the_support_and_in_its_box(distribution):
    points = distribution.sample(500, np.random.default_rng(0)).points
    rounding = 16 * np.finfo(float).eps * np.abs(points).max()
    assert distribution.distance_to_support(points).max() <= rounding
    low, high = box_of(distribution)
    assert (points >= low - rounding).all()
    assert (points <= high + rounding).all()


@pytest.mark.parametrize("distribution", BOUNDED)
def test_distance_to_the_support_is_the_distance_to_its_nearest_point(distribution):
    """A dense sample of the support is never nearer, and comes near for the curves and lattices."""
    rng = np.random.default_rng(1)
    dense = distribution.sample(20_000, rng).points
    z = rng.uniform(-3, 4, size=(50, 2))
    distance = distribution.distance_to_support(z)
    sampled = np.linalg.norm(z[:, None] - dense, axis=2).min(axis=1)
    assert (distance <= sampled + 2e-6).all()  # the swiss roll's distance may be too large by 1e-5/7.5
    assert (sampled - distance).max() <= 0.05  # the dense sample's own holes


def test_unbounded_distributions_have_no_box_and_reach_everywhere():
    for distribution in (Gaussian([0.0, 0.0], 1.0), *SMOOTH.values()):
        assert distribution.bounding_box() is None
        assert (distribution.distance_to_support(np.array([[5.0, 5.0]])) == 0.0).all()


def test_a_mixture_has_the_support_of_what_has_mass():
    mixture = Mixture([UniformBox([0.0], 1.0), UniformBox([10.0], 1.0), Gaussian([0.0], 1.0)], [1, 0, 0])
    assert mixture.distance_to_support(at(10.0, 0.5)) == pytest.approx([9.0, 0.0])
    assert box_of(mixture)[1] == 1.0
    assert gaussian_mixture([[0.0], [100.0]], 0.1, [1, 0]).sample(50, np.random.default_rng(0)).points.max() < 50


def test_singular_samples_follow_their_laws():
    rng, n = np.random.default_rng(2), 5000
    ring = Ring([1.0, 0.0], 2.0).sample_points(n, rng) - [1.0, 0.0]
    assert kstest((np.arctan2(ring[:, 1], ring[:, 0]) + np.pi) / (2 * np.pi), "uniform").pvalue >= LEVEL
    roll = SwissRoll(0.0).sample_points(n, rng)
    t = 7.5 * np.linalg.norm(roll, axis=1)
    np.testing.assert_allclose(roll, np.stack([t * np.cos(t), t * np.sin(t)], axis=1) / 7.5, atol=1e-13)
    assert kstest((t / np.pi - 1.5) / 3.0, "uniform").pvalue >= LEVEL
    line = Segment([0.0, 1.0], [2.0, 3.0]).sample_points(n, rng)
    assert kstest(line[:, 0] / 2.0, "uniform").pvalue >= LEVEL


def test_masses_are_drawn_by_weight():
    measure = DiscreteMeasure([[0.0], [1.0], [2.0]], [1, 0, 3])
    drawn = Masses(measure).sample(4000, np.random.default_rng(0)).points.ravel()
    assert set(drawn) == {0.0, 2.0}
    low, high = binom.interval(1 - 1e-9, 4000, 0.25)
    assert low <= (drawn == 0.0).sum() <= high


def test_the_lattice_of_case1_has_twenty_points_a_fifth_apart():
    lattice = square_boundary([-1.0, 0.0], 0.5, 20).measure
    assert len(np.unique(lattice.points.round(12), axis=0)) == 20
    offset = lattice.points - [-1.0, 0.0]
    np.testing.assert_allclose(np.abs(offset).max(axis=1), 0.5, rtol=1e-15)
    steps = np.linalg.norm(np.diff(np.vstack([offset, offset[:1]]), axis=0), axis=1)
    np.testing.assert_allclose(steps, 0.2, rtol=1e-14)
    assert (np.abs(offset) > 0.4999).all(axis=1).sum() == 4  # the corners


def test_the_toys_of_wgan_gp_have_the_published_centres():
    circle, scales = parts(gaussians_on_circle())
    np.testing.assert_allclose(np.linalg.norm(circle, axis=1), 2.0 / 1.414, rtol=1e-15)
    assert scales == {0.02 / 1.414}
    grid, scales = parts(gaussians_on_grid())
    wanted = {(2 * x, 2 * y) for x in range(-2, 3) for y in range(-2, 3)}
    assert {tuple(row) for row in (2.828 * grid).round(9).tolist()} == wanted
    assert scales == {0.05 / 2.828}


def test_a_noisy_segment_far_away_keeps_its_digits():
    """Φ(b) − Φ(a) in the far right tail, where the plain difference is 0."""
    density = Noisy(Segment([0.0], [1.0]), 1.0).density(at(12.0))[0]
    exact, error = quad(lambda t: norm.pdf(12.0 - t), 0.0, 1.0, epsabs=0.0, epsrel=1e-12)
    assert abs(density - exact) <= error + 1e-12 * exact


def test_noise_on_a_gaussian_is_a_wider_gaussian():
    z = np.random.default_rng(0).normal(size=(5, 3))
    wide = Noisy(Noisy(Gaussian(np.zeros(3), 2.0), 1.0), 2.0).density(z)
    np.testing.assert_allclose(wide, Gaussian(np.zeros(3), 3.0).density(z), rtol=1e-13)


def test_smooth_images_fill_their_range_and_are_smooth():
    images = SmoothImages(32).sample_points(5, np.random.default_rng(0))
    assert images.shape == (5, 3072)
    np.testing.assert_allclose(np.abs(images).max(axis=1), 1.0, rtol=1e-15)
    pictures = images.reshape(5, 32, 32, 3)
    steps = np.diff(pictures, axis=1).std() / pictures.std()
    assert steps < 1.0  # √2 for white noise


@pytest.mark.parametrize("scale", [0.0, -1.0, np.nan, np.inf, "a"])
def test_gaussian_needs_a_positive_scale(scale):
    with pytest.raises(InputError, match=r"scale of a Gaussian must be (positive|a positive number)"):
        Gaussian([0.0], scale)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Gaussian([np.nan], 1.0), "mean must be one point with finite"),
        (lambda: Gaussian([], 1.0), "mean must be one point with finite"),
        (lambda: Gaussian(["a"], 1.0), "mean must be one point with finite"),
        (lambda: UniformBox([0.0], 0.0), "half_side must be positive"),
        (lambda: UniformBox([[0.0]], 1.0), "centre must be one point"),
        (lambda: UniformBox([0.0, 0.0], [1.0, 1.0, 1.0]), "half_side"),
        (lambda: Segment([0.0], [0.0]), "two different ends"),
        (lambda: Segment([0.0], [0.0, 1.0]), "in one space"),
        (lambda: Masses([[0.0]]), "takes a DiscreteMeasure"),  # type: ignore[arg-type]
        (lambda: Mixture([]), "at least one component"),
        (lambda: Mixture([Gaussian([0.0], 1.0)], [-1.0]), "must not be negative"),
        (lambda: Mixture([Gaussian([0.0], 1.0), 3]), "component 1 of a mixture must be a Distribution"),  # type: ignore[list-item]
        (lambda: Mixture([Gaussian([0.0], 1.0), Gaussian([0.0, 0.0], 1.0)]), "must share a dimension"),
        (lambda: Segment([0.0, 0.0], [1.0, 0.0]).density(np.zeros((1, 2))), "Segment has no density"),
        (lambda: Ring([0.0, 0.0], 1.0).density(np.zeros((1, 2))), "Ring has no density"),
        (lambda: SwissRoll(0.0).density(np.zeros((1, 2))), "SwissRoll has no density"),
        (lambda: SwissRoll(1e-3).density(np.zeros((1, 2))), "needs noise of at least"),
        (lambda: Ring([0.0], 1.0), "lies in the plane"),
        (lambda: Ring([0.0, 0.0], 0.0), "radius of a ring must be positive"),
        (lambda: Ring([0.0, 0.0], 1.0, -0.1), "noise of a ring must not be negative"),
        (lambda: SwissRoll(noise=-1.0), "noise of a swiss roll must not be negative"),
        (lambda: SwissRoll(scale=0.0), "scale of a swiss roll must be positive"),
        (lambda: Translated(Gaussian([0.0], 1.0), [1.0, 2.0]), "offset has 2 coordinates, the distribution 1"),
        (lambda: Translated(3, [1.0]), "what is translated must be a Distribution"),  # type: ignore[arg-type]
        (lambda: Noisy(Gaussian([0.0], 1.0), 0.0), "scale of the noise must be positive"),
        (lambda: Noisy(SmoothImages(4), 1.0).density(np.zeros((1, 48))), "no formula is known for the density"),
        (lambda: SmoothImages(4).distance_to_support(np.zeros((1, 48))), "no formula is known for the support"),
        (lambda: SmoothImages(1), "side of a picture must be a whole number of at least 2"),
        (lambda: square_boundary([0.0, 0.0], 0.5, 10), "multiple of 4 points, got 10"),
        (lambda: square_boundary([0.0], 0.5), "lies in the plane"),
        (lambda: gaussians_on_circle(0), "number of Gaussians must be a positive whole number"),
        (lambda: gaussians_on_grid(2, spacing=-1.0), "spacing must be positive"),
        (lambda: Gaussian([0.0], 1.0).density(np.zeros((1, 2))), r"points must have shape \(m, 1\), got \(1, 2\)"),
    ],
)
def test_bad_input_is_named(make, words):
    with pytest.raises(InputError, match=words):
        make()


@pytest.mark.parametrize("n", [0, -1, 1.5])
def test_sample_needs_a_positive_whole_number(n):
    with pytest.raises(InputError, match="positive whole number"):
        Gaussian([0.0], 1.0).sample(n, np.random.default_rng(0))


@pytest.mark.parametrize("rng", [None, 0, np.random.RandomState(0)])
def test_sample_needs_an_explicit_generator(rng):
    with pytest.raises(InputError, match=r"numpy\.random\.Generator"):
        Gaussian([0.0], 1.0).sample(3, rng)
