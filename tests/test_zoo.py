import numpy as np
import pytest
from scipy.spatial.distance import cdist

from toylab import losses, zoo
from toylab.errors import InputError
from toylab.problem import LipschitzBall, LipschitzPenalty


@pytest.mark.parametrize("name", zoo.names())
def test_every_problem_builds_and_is_reproducible(name):
    first, second = zoo.load(name, seed=3), zoo.load(name, seed=3)
    assert first.to_json() == second.to_json()
    assert first.losses == losses.logistic()
    assert first.regularizer == LipschitzPenalty(0.1)
    assert zoo.get(name).known
    assert zoo.get(name).summary


@pytest.mark.parametrize("name", [name for name in zoo.names() if zoo.get(name).default_size])
@pytest.mark.parametrize("n", [1, 2, 7, 100])
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
    ],
)
def test_bad_input_is_named(name, keywords, words):
    with pytest.raises(InputError, match=words):
        zoo.load(name, **keywords)
