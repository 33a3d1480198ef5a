"""States of the playground and the links that hold them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import toylab
from toylab.errors import InputError
from toylab.play import Objective, State, from_link, from_problem, preset
from toylab.play.controls import LOSSES, PRESETS

coordinates = st.floats(-100, 100).map(lambda x: round(x, 4) + 0.0)
sides = st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=8).map(tuple)
states = st.builds(
    State,
    fake=sides,
    real=sides,
    losses=st.sampled_from(LOSSES),
    objective=st.sampled_from(Objective),
    weight=st.floats(-3, 2).map(lambda exponent: float(f"{10.0**exponent:.6g}")),
)


@given(states)
def test_a_link_gives_the_state_back(state):
    assert from_link(state.link()) == state
    assert state.link().replace("-", "").replace("_", "").isalnum()


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_problems_of_the_zoo(name):
    state = preset(name)
    assert np.allclose(state.problem.fake.points.shape, (len(state.fake), 2))
    assert state.losses == "logistic"


@pytest.mark.parametrize("objective", Objective)
def test_the_snippet_makes_the_same_problem(objective):
    state = State(fake=((0, 0.5), (1, 2)), real=((3, 0),), losses="sqrt", objective=objective, weight=0.25)
    scope: dict = {}
    lines = state.snippet().splitlines()
    exec("\n".join(line for line in lines if not line.startswith(("exact", "print"))), scope)
    assert scope["problem"].to_json() == state.problem.to_json()
    assert "toylab.solve(problem)" in lines[-2]


@pytest.mark.parametrize("text", ["", "abc", "x" * 500, "eJyrVkpUslIyVKoFAA-PAnE", "é"])
def test_links_that_do_not_parse_are_refused(text):
    with pytest.raises(InputError, match="does not hold a state"):
        from_link(text)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"fake": ()}, "1 to 400 fake points"),
        ({"real": ((0.0, float("nan")),)}, "real point is not a finite place"),
        ({"losses": "logistik"}, "logistic"),
        ({"weight": 0.0}, "λ must be from"),
    ],
)
def test_states_out_of_range_are_refused(changes, message):
    with pytest.raises(InputError, match=message):
        State(**({"fake": ((0.0, 0.0),), "real": ((1.0, 0.0),)} | changes))


def test_problems_the_playground_cannot_show_are_refused():
    with pytest.raises(InputError, match="dimension 1"):
        from_problem(toylab.zoo.load("mode-collapse"))
    uneven = toylab.DiscreteMeasure(np.eye(2), weights=[0.3, 0.7])
    pair = toylab.losses.logistic()
    with pytest.raises(InputError, match="the fake masses differ"):
        from_problem(toylab.CriticProblem(uneven, uneven, pair, toylab.LipschitzPenalty(1.0)))
    even = toylab.DiscreteMeasure(np.eye(2))
    with pytest.raises(InputError, match="no regulariser like"):
        from_problem(toylab.CriticProblem(even, even, pair, toylab.LipschitzPenalty(1.0, target=1.0)))
