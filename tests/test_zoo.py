"""Every entry against what is said about it, and against the points it gave when it was first released."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import binom, kstest

from toylab import losses, zoo
from toylab.errors import InputError
from toylab.problem import LipschitzBall, LipschitzPenalty


@pytest.mark.parametrize("name", zoo.names())
def test_every_problem_builds_and_is_reproducible(name):
    first, second = zoo.load(name, seed=3), zoo.load(name, seed=3)
    assert first.to_json() == second.to_json()
    entry = zoo.get(name)
    assert first.losses == entry.losses()
    assert first.regularizer == entry.regularizer
    assert entry.known
    assert entry.summary


def test_the_papers_cases_have_the_papers_objective():
    for name in ("case1", "case1.1", "case2", "case3", "case3.3", "case4", "case5", "case6", "images"):
        assert zoo.load(name).losses == losses.logistic()
        assert zoo.load(name).regularizer == LipschitzPenalty(0.1)


@pytest.mark.parametrize("name", [name for name in zoo.names() if zoo.get(name).default_size])
@pytest.mark.parametrize("n", [1, 2, 7, 30])
def test_n_is_the_number_of_points_a_side(name, n):
    problem = zoo.load(name, n=n)
    assert (len(problem.fake), len(problem.real)) == (n, n)


def test_keywords_override():
    problem = zoo.load("two-diracs", losses=losses.wasserstein(), regularizer=LipschitzBall(2.0))
    assert problem.losses == losses.wasserstein()
    assert problem.regularizer == LipschitzBall(2.0)


def test_the_seed_matters_where_points_are_drawn():
    assert (zoo.load("case3", seed=0).fake.points != zoo.load("case3", seed=1).fake.points).any()


def test_case6_has_four_equal_distances():
    problem = zoo.load("case6")
    assert (cdist(problem.fake.points, problem.real.points) == 1.0).all()


#: One coordinate of the points that seed 0 gave when these entries were first released.
FIRST_RELEASE = {
    "case3": (0.1420621444693863, -0.09977920102299202),
    "two-gaussians": (0.1420621444693863, 0.20496952058245288),
    "case4": (0.4589931219679968, -0.7514334470008721),
    "parallel-lines": (0.5, 0.5),
    "random-overlap": (0.375, -0.625),
}


@pytest.mark.parametrize("name", FIRST_RELEASE)
def test_seeds_keep_their_points(name):
    problem, (fake, real) = zoo.load(name, n=7), FIRST_RELEASE[name]
    assert problem.fake.points[3, 1] == fake
    assert problem.real.points[3, 1] == real


def test_case1_draws_atoms_from_the_frame_and_the_rest_from_the_core():
    fake = zoo.load("case1", n=2000).fake.points - [-1.0, 0.0]
    size = np.abs(fake).max(axis=1)
    frame = size > 0.25
    np.testing.assert_allclose(size[frame], 0.5, rtol=1e-12)
    assert len(np.unique(fake[frame].round(9), axis=0)) == 20
    low, high = binom.interval(1 - 1e-9, 2000, 0.2)
    assert low <= frame.sum() <= high


def test_case2_shares_two_squares_four_to_one():
    problem = zoo.load("case2", n=2000)
    low, high = binom.interval(1 - 1e-9, 2000, 0.8)
    assert low <= (problem.fake.points[:, 0] < 0).sum() <= high
    assert low <= (problem.real.points[:, 0] > 0).sum() <= high
    for measure in (problem.fake, problem.real):
        assert (np.abs(np.abs(measure.points) - [1.0, 0.0]) <= 0.5).all()


@pytest.mark.parametrize("name", ["8-gaussians", "25-gaussians", "swiss-roll"])
def test_fakes_of_the_wgan_gp_toys_are_their_reals_with_noise(name):
    problem = zoo.load(name, n=4000)
    noise = problem.fake.points - problem.real.points
    assert kstest(noise.ravel(), "norm").pvalue >= 1e-6
    quiet = zoo.load(name, n=50, noise=0.0)
    assert (quiet.fake.points == quiet.real.points).all()
    assert np.abs(problem.real.points).max() < 2.2


def test_images_have_3072_coordinates():
    problem = zoo.load("images")
    assert problem.fake.points.shape == problem.real.points.shape == (10, 3072)
    assert zoo.get("high-dimension") is zoo.get("images")
    assert zoo.load("images", side=8).dimension == 192


def test_random_overlap_shares_points():
    problem = zoo.load("random-overlap", n=10)
    assert (problem.support.in_fake & problem.support.in_real).sum() == 5
    assert len(np.unique(problem.fake.points, axis=0)) == 10


def test_alias_is_the_same_problem():
    assert zoo.get("case3.3") is zoo.get("two-gaussians")
    assert "case3.3" not in zoo.names()


@pytest.mark.parametrize(
    ("name", "keywords", "words"),
    [
        ("two-gausians", {}, "unknown problem 'two-gausians'; did you mean 'two-gaussians'"),
        ("xyz", {}, "unknown problem 'xyz'; known: .*case3"),
        ("case3", {"n": 0}, "positive whole number, got 0"),
        ("case3", {"n": 2.5}, "positive whole number"),
        ("case6", {"n": 3}, "fixed number of points"),
        ("case3", {"separation": 1.0}, "'case3' takes no parameters, got 'separation'"),
        ("parallel-lines", {"separtion": 1.0}, "unknown parameter of 'parallel-lines' 'separtion'; did you mean"),
        ("parallel-lines", {"separation": "far"}, "separation .* must be a number, got 'far'"),
        ("parallel-lines", {"separation": np.inf}, "separation .* must be finite"),
        ("rings", {"inner": 0.0}, "inner .* must be at least 0.001, got 0.0"),
        ("overlapping-pair", {"share": 1.5}, "share .* must be at most 1, got 1.5"),
        ("min-funnels", {"dimension": 1.5}, "dimension .* must be a positive whole number, got 1.5"),
        ("min-funnels", {"degree": 1.0}, "degree of funnels must be larger than 1"),
    ],
)
def test_bad_input_is_named(name, keywords, words):
    with pytest.raises(InputError, match=words):
        zoo.load(name, **keywords)
