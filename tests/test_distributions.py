import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import binom

from toylab.distributions import Gaussian, Masses, Mixture, Segment, UniformBox, gaussian_mixture
from toylab.errors import InputError
from toylab.measures import DiscreteMeasure

ON_THE_LINE = [
    Gaussian([0.3], 0.5),
    UniformBox([1.0], 0.25),
    gaussian_mixture([[-1.0], [1.0]], 0.3, [1, 3]),
    Mixture([Gaussian([0.0], 1.0), UniformBox([0.0], [2.0])]),
]
EVERYWHERE = [
    *ON_THE_LINE,
    Segment([0.0, 0.0], [0.0, 1.0]),
    Masses(DiscreteMeasure([[0.0, 1.0], [2.0, 3.0]], [1, 3])),
]


@pytest.mark.parametrize("distribution", ON_THE_LINE)
def test_density_integrates_to_one(distribution):
    mass, error = quad(lambda t: distribution.density(np.array([[t]]))[0], -8, 8, points=[-2, 0.75, 1.25, 2])
    assert abs(mass - 1.0) <= error + 1e-12  # beyond ±8 lies less than 1e-14 of these


@pytest.mark.parametrize("distribution", EVERYWHERE)
def test_samples_depend_on_the_seed_alone(distribution):
    first, second = (distribution.sample(7, np.random.default_rng(5)) for _ in range(2))
    assert (first.points == second.points).all()
    assert first.points.shape[0] == 7
    assert (first.points != distribution.sample(7, np.random.default_rng(6)).points).any()


@pytest.mark.parametrize("distribution", ON_THE_LINE)
def test_samples_fall_below_the_median_of_the_density_half_of_the_time(distribution):
    middle = 0.8
    share, _ = quad(lambda t: distribution.density(np.array([[t]]))[0], -8, middle, points=[-2, 0.75])
    n = 2000
    below = int((distribution.sample(n, np.random.default_rng(0)).points[:, 0] < middle).sum())
    low, high = binom.interval(1 - 1e-9, n, share)  # a wrong sampler is off by far more; chance 1e-9
    assert low <= below <= high


def test_box_and_segment_stay_inside():
    rng = np.random.default_rng(0)
    box = UniformBox([1.0, -1.0], [0.5, 0.25]).sample(100, rng).points
    assert (np.abs(box - [1.0, -1.0]) <= [0.5, 0.25]).all()
    line = Segment([0.0, 1.0], [2.0, 3.0])
    points = line.sample(100, rng).points
    np.testing.assert_allclose(points[:, 1] - points[:, 0], 1.0, rtol=4e-16 * 4)
    assert line.at(np.array([0.0, 1.0])).tolist() == [[0.0, 1.0], [2.0, 3.0]]


def test_a_mixture_of_a_component_without_mass_never_draws_it():
    mixture = gaussian_mixture([[0.0], [100.0]], 0.1, [1, 0])
    assert mixture.sample(50, np.random.default_rng(0)).points.max() < 50


def test_masses_draw_their_own_points_only():
    measure = DiscreteMeasure([[0.0], [1.0], [2.0]], [1, 0, 1])
    drawn = Masses(measure).sample(50, np.random.default_rng(0)).points
    assert set(drawn.ravel()) == {0.0, 2.0}


@pytest.mark.parametrize("scale", [0.0, -1.0, np.nan, np.inf])
def test_gaussian_needs_a_positive_scale(scale):
    with pytest.raises(InputError, match="scale of a Gaussian must be positive"):
        Gaussian([0.0], scale)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Gaussian([np.nan], 1.0), "mean must be one point with finite"),
        (lambda: UniformBox([0.0], 0.0), "half_side must be positive"),
        (lambda: UniformBox([[0.0]], 1.0), "centre must be one point"),
        (lambda: Segment([0.0], [0.0]), "two different ends"),
        (lambda: Segment([0.0], [0.0, 1.0]), "in one space"),
        (lambda: Mixture([]), "at least one component"),
        (lambda: Mixture([Gaussian([0.0], 1.0)], [-1.0]), "must not be negative"),
        (lambda: Segment([0.0], [1.0]).density(np.zeros((1, 1))), "Segment has no density"),
    ],
)
def test_bad_input_is_named(make, words):
    with pytest.raises(InputError, match=words):
        make()


def test_components_must_share_a_dimension():
    with pytest.raises(InputError, match="dimension"):
        Mixture([Gaussian([0.0], 1.0), Gaussian([0.0, 0.0], 1.0)])


def test_a_box_refuses_half_sides_of_another_dimension():
    with pytest.raises(InputError, match="half_side"):
        UniformBox([0.0, 0.0], [1.0, 1.0, 1.0])


@pytest.mark.parametrize("n", [0, -1, 1.5])
def test_sample_needs_a_positive_whole_number(n):
    with pytest.raises(InputError, match="positive whole number"):
        Gaussian([0.0], 1.0).sample(n, np.random.default_rng(0))


@pytest.mark.parametrize("rng", [None, 0, np.random.RandomState(0)])
def test_sample_needs_an_explicit_generator(rng):
    with pytest.raises(InputError, match=r"numpy\.random\.Generator"):
        Gaussian([0.0], 1.0).sample(3, rng)
