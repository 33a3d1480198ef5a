"""Families of problems and of candidates: order, labels, JSON, pictures, bad input."""

import json

import numpy as np
import pytest

import toylab
from toylab import losses, zoo
from toylab.errors import InputError
from toylab.families import Family, ProblemFamily
from toylab.problem import CriticProblem, LipschitzPenalty


@pytest.fixture(scope="module")
def along():
    problem = zoo.load("case4", n=3)
    problems = [
        (weight, CriticProblem(problem.fake, problem.real, problem.losses, LipschitzPenalty(weight)))
        for weight in (1.0, 0.01, 0.1)
    ]
    return ProblemFamily.along("case4 along λ", "λ", problems).solved(toylab.solve)


def test_members_are_put_into_rising_order_and_found_by_their_label(along):
    assert along.at == (0.01, 0.1, 1.0)
    assert along.labels == ("λ = 0.01", "λ = 0.1", "λ = 1")
    assert along.role("λ = 0.1") is along.members[1]
    assert [member.problem.regularizer.weight for member in along.members] == [0.01, 0.1, 1.0]
    with pytest.raises(InputError, match=r"unknown member of the family 'case4 along λ' 'λ = 0.2'; did you mean"):
        along.role("λ = 0.2")


def test_roles_keep_their_order():
    candidate = toylab.solve(zoo.load("two-diracs"))
    family = Family.in_roles("a pair", {"right": candidate, "left": candidate})
    assert family.labels == ("right", "left")
    assert family.describe().startswith("a pair: right, left; k = 1.56754, V = ")


def test_json_gives_the_same_family_back(along):
    data = json.loads(json.dumps(along.to_json()))
    back = Family.from_json(data)
    assert back.to_json()["labels"] == data["labels"]
    assert (back.name, back.parameter, back.at) == (along.name, along.parameter, along.at)
    for one, other in zip(along.members, back.members, strict=True):
        assert one.problem.to_json() == other.problem.to_json()
        assert other.lipschitz_constant == pytest.approx(one.lipschitz_constant, rel=1e-15)
        # certifying anew may raise fake values by the rounding of k · distance
        np.testing.assert_allclose(one.fake_values, other.fake_values, atol=64 * 2.3e-16 * 5.0 * 2.0)


@pytest.mark.parametrize("missing", ["name", "parameter", "labels", "at", "members"])
def test_json_that_does_not_fit_is_refused(along, missing):
    data = along.to_json()
    del data[missing]
    with pytest.raises(InputError, match=r"what Family\.to_json"):
        Family.from_json(data)


def test_bad_families_are_refused_in_one_sentence():
    candidate = toylab.solve(zoo.load("two-diracs"))
    with pytest.raises(InputError, match="has no members"):
        Family.along("nothing", "t", [])
    with pytest.raises(InputError, match="must all be different"):
        Family.along("twice", "t", [(1.0, candidate), (1.0, candidate)])
    with pytest.raises(InputError, match="has 1 members but 2 labels"):
        Family(name="odd", parameter="", labels=("a", "b"), at=(0.0,), members=(candidate,))
    with pytest.raises(InputError, match="must be finite"):
        Family.along("far", "t", [(np.inf, candidate)])


def test_a_family_shows_itself_in_a_notebook(along):
    page = along._repr_html_()
    assert "Family: case4 along λ" in page
    assert page.count("λ = ") >= 3


def test_the_picture_shows_both_curves(along):
    from toylab.plotting import plot

    axes = plot(along)
    constants = next(line for line in axes.lines if line.get_gid() == "k")
    np.testing.assert_array_equal(constants.get_ydata(), [m.lipschitz_constant for m in along.members])
    twin = next(other for other in axes.figure.axes if other is not axes)
    values = next(line for line in twin.lines if line.get_gid() == "V")
    np.testing.assert_array_equal(values.get_ydata(), [m.value for m in along.members])
    assert axes.get_xscale() == "log"
    assert axes.get_xlabel() == "λ"
    assert axes.get_title().startswith("case4 along λ\nLogistic loss, 3 problems")


def test_roles_stand_side_by_side():
    from toylab.plotting import plot

    candidate = toylab.solve(zoo.load("two-diracs", losses=losses.wasserstein()))
    axes = plot(Family.in_roles("a pair", {"left": candidate, "right": candidate}))
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["left", "right"]
