"""What is drawn: the kinds that were asked for, small, and written down exactly."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toylab import claims, losses
from toylab.claims.kinds import CriticKind, FunctionKind, Kind, LossKind, NormKind, RegularizerKind, SupportKind
from toylab.critics import steepest_chord
from toylab.errors import InputError
from toylab.falsification.candidates import candidate_recipes
from toylab.falsification.fractions import atoms, fraction
from toylab.falsification.functions import steepest_direction
from toylab.falsification.losses import loss_pairs, regularizers
from toylab.falsification.measures import measure_pair, sites
from toylab.falsification.spaces import Selection, named_hypotheses, space_for
from toylab.functions import FunctionOnPair, Norm
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzBall


def selections(name, *without):
    claim = claims.get(name)
    return space_for(claim).selections(claim, named_hypotheses(claim, without))


def test_hypotheses_in_force_take_away_the_kinds_on_which_they_fail():
    (selection,) = selections("lgan.theorem-2c")
    assert set(selection.of(SupportKind)) == {SupportKind.SAME}
    assert set(selection.of(RegularizerKind)) == {RegularizerKind.PENALTY}
    assert not {LossKind.HINGE, LossKind.UNATTAINED} & set(selection.of(LossKind))
    assert CriticKind.GIVEN not in selection.of(CriticKind)


def test_a_waived_hypothesis_is_what_the_search_is_about():
    (selection,) = selections("lgan.theorem-2c", "condition (11)")
    assert set(selection.of(LossKind)) == {LossKind.HINGE, LossKind.LEAST_SQUARES, LossKind.UNATTAINED}
    assert set(selection.of(SupportKind)) == {SupportKind.SAME}  # the others stay in force
    both = selections("lgan.theorem-4", "Euclidean norm", "tight pair")
    assert [one.of(NormKind) for one in both] == [(NormKind.OTHER,), tuple(NormKind)]
    assert [one.of(FunctionKind) for one in both][1] == (FunctionKind.ACROSS,)


@given(data=st.data())
@pytest.mark.parametrize("kind", SupportKind)
def test_supports_meet_as_they_are_asked_to(kind, data):
    fake, real = measure_pair(data.draw(sites(kind, data.draw(st.integers(1, 3)))))
    support = CriticProblem(fake, real, losses.logistic(), data.draw(regularizers(RegularizerKind.PENALTY))).support
    shared = support.in_fake & support.in_real
    assert support.in_fake.any()
    assert support.in_real.any()
    assert len(support.points) <= 6
    if kind is SupportKind.DISJOINT:
        assert not shared.any()
    if kind is SupportKind.OVERLAPPING:
        assert shared.any()
    if kind in {SupportKind.SAME, SupportKind.EQUAL}:
        assert shared.all()
    if kind is SupportKind.EQUAL:
        assert support.equal_measures
    distance = np.linalg.norm(support.points[:, None] - support.points, axis=2)
    assert distance[~np.eye(len(distance), dtype=bool)].min(initial=1.0) >= 1.0


@given(data=st.data())
@pytest.mark.parametrize("kind", LossKind)
def test_every_kind_of_losses_is_what_it_says_and_survives_json(kind, data):
    pair = data.draw(loss_pairs(kind))
    assert losses.from_json(json.loads(json.dumps(pair.to_json()))) == pair
    assert bool(pair.condition_11()) == (kind not in {LossKind.HINGE, LossKind.LEAST_SQUARES, LossKind.UNATTAINED})
    assert (pair.best_constant is None) == (kind is LossKind.UNATTAINED)
    assert pair.is_wasserstein == (kind is LossKind.WASSERSTEIN)
    if kind is not LossKind.UNATTAINED:
        assert pair.strictly_convex == (kind not in {LossKind.WASSERSTEIN, LossKind.HINGE, LossKind.FLAT})


KINDS: dict[type[Kind], tuple[Any, ...]] = {
    LossKind: tuple(LossKind),
    RegularizerKind: tuple(RegularizerKind),
    SupportKind: tuple(SupportKind),
    CriticKind: (CriticKind.GIVEN,),
}
ALL_KINDS = Selection(kinds=KINDS)


@given(recipe=candidate_recipes(ALL_KINDS))
def test_critics_of_our_own_are_drawn_at_the_merged_points(recipe):
    assert recipe.values.shape == (len(recipe.problem.support.points),)
    assert all(": " in label for label in recipe.labels)
    ball = recipe.problem.regularizer
    if isinstance(ball, LipschitzBall) and steepest_chord(recipe.problem.support.points, recipe.values) > ball.radius:
        with pytest.raises(InputError, match="do not fit into the ball"):
            recipe.subject()
        return
    candidate = recipe.subject()
    again = type(candidate).from_json(json.loads(json.dumps(recipe.to_json(candidate))))
    assert again.fake_values == pytest.approx(candidate.fake_values)
    assert again.certificate.primal == pytest.approx(candidate.certificate.primal, rel=1e-12)


@given(p=st.sampled_from([1.0, 1.5, 2.0, 3.0, 4.0, np.inf]), step=st.lists(st.integers(-4, 4), min_size=1, max_size=3))
def test_the_steepest_direction_attains_the_norm(p, step):
    """Hölder: a gradient of dual norm 1 rises by at most ‖step‖_p, and this one does."""
    step = np.array(step, dtype=float)
    if step.any():
        direction = steepest_direction(step, p)
        assert float(Norm(p).dual(direction)) == pytest.approx(1.0, rel=1e-12)
        assert float(direction @ step) == pytest.approx(float(Norm(p)(step)), rel=1e-12)


@settings(max_examples=30)
@given(data=st.data())
@pytest.mark.parametrize("without", [(), ("Euclidean norm",), ("tight pair",), ("Lipschitz constant k",)])
def test_functions_survive_json(without, data):
    claim = claims.get("lgan.theorem-4")
    (selection,) = selections(claim.id, *without)
    subject = data.draw(space_for(claim).recipes(selection)).subject()
    again = FunctionOnPair.from_json(json.loads(json.dumps(subject.to_json())))
    z = np.stack([subject.x, subject.y, 0.3 * subject.x + 0.7 * subject.y])
    assert np.array_equal(again.f(z), subject.f(z))
    assert np.array_equal(again.f.gradient(z), subject.f.gradient(z))
    assert (again.k, again.norm, again.name) == (subject.k, subject.norm, subject.name)


FLAWED = [
    ({"kind": "spline"}, "unknown kind of function 'spline'"),
    ({"kind": "quadratic form", "linear": [1.0], "matrix": [[0.0]]}, "shapes"),
    ({"kind": "cones", "centres": [[0.0]], "values": [0.0], "k": 1.0}, "centres"),
    ({"kind": "cones"}, "does not fit"),
]


@pytest.mark.parametrize(("function", "message"), FLAWED)
def test_flawed_functions_in_json_are_refused(function, message):
    data = {"name": "f", "k": 1.0, "x": [0.0, 0.0], "y": [1.0, 0.0], "norm": 2.0, "function": function}
    with pytest.raises(InputError, match=message):
        FunctionOnPair.from_json(data)


def test_numbers_are_written_as_small_fractions():
    assert [fraction(x) for x in (0.5, 1 / 3, 2.0, -0.25, 0.1)] == ["1/2", "1/3", "2", "-1/4", "1/10"]
    assert fraction(np.pi) == "3.14159"
    assert atoms(DiscreteMeasure([[0.0, 1.0], [2.0, 0.5]], [1, 2])) == "1/3 at (0, 1), 2/3 at (2, 1/2)"
