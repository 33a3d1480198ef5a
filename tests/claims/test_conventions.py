"""Data classes of the claims: frozen, told apart by identity where they hold arrays, and made with keywords."""

import dataclasses
import importlib
import inspect
import pkgutil

import numpy as np
import pytest

import toylab.claims
from tests.claims import subjects
from toylab import claims, losses
from toylab.claims import foundations
from toylab.claims.certified import AssumedOptimal, Certified
from toylab.claims.critics.bounds import _Bounds
from toylab.claims.critics.quotients import Quotients
from toylab.claims.densities.mode_collapse import REAL, modes
from toylab.claims.families.diracs import two_diracs
from toylab.claims.families.intervals import Interval
from toylab.claims.families.moved_point import Move, the_move
from toylab.claims.families.readings import Reading
from toylab.distributions import Gaussian
from toylab.divergences import DensityPair
from toylab.families import Family
from toylab.problem import LipschitzPenalty

MODULES = [importlib.import_module(m.name) for m in pkgutil.walk_packages(toylab.claims.__path__, "toylab.claims.")]
CLASSES = sorted(
    {
        thing
        for module in MODULES
        for thing in vars(module).values()
        if inspect.isclass(thing) and dataclasses.is_dataclass(thing) and thing.__module__ == module.__name__
    },
    key=lambda kind: kind.__qualname__,
)
#: With few parts in an obvious order.
BY_POSITION = {Certified, Reading, Interval, Quotients}
#: Of plain numbers and words, equal where these are.
BY_VALUE = {"Hypothesis", "Control", "Foundation", "Interval", "Modes", "_Bounds"}


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__qualname__)
def test_a_data_class_is_frozen_and_made_with_keywords(kind):
    assert kind.__dataclass_params__.frozen
    made_by = {parameter.kind for parameter in inspect.signature(kind).parameters.values()}
    expected = inspect.Parameter.POSITIONAL_OR_KEYWORD if kind in BY_POSITION else inspect.Parameter.KEYWORD_ONLY
    assert made_by == {expected}
    assert kind.__dataclass_params__.eq is (kind.__qualname__ in BY_VALUE)


def examples():
    """One object of every data class, made or asked as its module does it."""
    candidate = subjects.of("apart")
    claim = claims.get("lgan.theorem-2a")
    moves = Family.along("moved", "t", [
        (t, two_diracs(losses.wasserstein(), 1.0 + t, LipschitzPenalty(1.0))) for t in (-0.1, 0.0, 0.1)
    ])  # fmt: skip
    one = np.zeros((1, 2))
    quotients = Quotients(candidate, one, np.array([[1.0, 0.0]]), np.ones(1))
    quotients.forward.sum()
    certified, reading, taken = Certified(candidate), Reading(candidate), AssumedOptimal.taking(candidate)
    certified.name(0)
    reading.value.middle  # noqa: B018 - runs the module
    assert the_move(moves) == "no fake point moves"
    return [
        foundations.get("weak duality"), Interval.of(1.0, 0.5), _Bounds.of(candidate), certified, reading, taken,
        quotients, claim.check(candidate), claim, claim.measure(candidate), claim.hypotheses[0],
        claim.controls[0],
        next(iter(claim.cases(claims.Budget.QUICK))),
        Move(base=0, point=0, direction=np.ones(1)), modes(DensityPair(Gaussian([-0.75], 0.15), REAL)),
    ]  # fmt: skip


def test_nothing_of_an_example_can_be_changed_and_identity_tells_arrays_apart():
    made = examples()
    assert {type(thing) for thing in made} == set(CLASSES)
    for thing in made:
        kind = type(thing)
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(thing, dataclasses.fields(thing)[0].name, None)
        parts = {field.name: getattr(thing, field.name) for field in dataclasses.fields(thing)}
        again = kind(**parts)
        assert (again == thing) is (kind.__qualname__ in BY_VALUE)
        if kind not in BY_POSITION:
            with pytest.raises(TypeError):
                kind(*parts.values())
        if kind.__qualname__ in {"Hypothesis", "Control"}:
            assert "<function" not in repr(thing)


def test_hypotheses_and_controls_are_shown_without_their_functions():
    for claim in claims.ALL:
        for thing in (*claim.hypotheses, *claim.controls):
            assert "<function" not in repr(thing)
            assert "<lambda" not in repr(thing)


def test_nothing_is_evidence_without_entries():
    nothing = claims.Evidence.nothing()
    assert (len(nothing), nothing.labels, dict(nothing.arrays)) == (0, (), {})
    for name in ("residual", "error", "resolution", "scale"):
        assert getattr(nothing, name).shape == (0,)
    assert len(claims.Evidence.joined([])) == 0
