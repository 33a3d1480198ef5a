"""The strategies for other projects draw what their keywords say."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toylab import LipschitzBall, LipschitzPenalty, losses
from toylab.errors import InputError
from toylab.solution import Status
from toylab.testing import candidates, measures, problems


@given(problem=problems())
def test_any_problem_has_an_optimum(problem):
    assert problem.losses.condition_11()
    assert problem.losses.best_constant is not None
    assert isinstance(problem.regularizer, LipschitzPenalty | LipschitzBall)
    assert 1 <= problem.dimension <= 3


@given(data=st.data(), overlap=st.booleans(), dimension=st.integers(1, 4))
def test_filters_are_kept(data, overlap, dimension):
    strategy = problems(
        losses=["logistic", losses.hinge()],
        regularizers=LipschitzBall(2.0),
        overlap=overlap,
        sizes=(3, 4),
        dimension=dimension,
        zero_weights=False,
    )
    problem = data.draw(strategy)
    support = problem.support
    assert problem.losses.name in {"logistic", "hinge"}
    assert problem.regularizer == LipschitzBall(2.0)
    assert bool((support.in_fake & support.in_real).any()) is overlap
    assert 3 <= len(support.points) <= 4
    assert problem.dimension == dimension
    assert problem.fake.weights.min() > 0
    assert problem.real.weights.min() > 0


@given(measure=measures(sizes=(2, 3), dimension=[2, 5]))
def test_measures_have_the_size_and_dimension_asked_for(measure):
    assert 2 <= len(measure) <= 3
    assert measure.dimension in {2, 5}


@settings(max_examples=10)
@given(candidate=candidates(problems(losses="wasserstein", dimension=1)))
def test_candidates_are_certified(candidate):
    assert candidate.problem.losses.is_wasserstein
    assert candidate.status is Status.OPTIMAL


BAD = [
    ({"losses": "logistc"}, "did you mean 'logistic'"),
    ({"losses": []}, "losses are"),
    ({"losses": [3]}, "losses are"),
    ({"regularizers": []}, "regularizers are"),
    ({"overlap": "some"}, "overlap must be"),
    ({"sizes": 3}, "sizes are two whole numbers"),
    ({"sizes": (5, 3)}, "exceeds"),
    ({"sizes": (1, 1)}, "the largest size must be a whole number of at least 2"),
    ({"dimension": 0}, "dimension must be a positive whole number"),
    ({"dimension": ()}, "at least one number"),
]


@pytest.mark.parametrize(("options", "message"), BAD)
def test_bad_filters_are_refused_at_once(options, message):
    with pytest.raises(InputError, match=message):
        problems(**options)
