"""Data classes of the claims: frozen, told apart by identity where they hold arrays, and made with keywords."""

import dataclasses
import importlib
import inspect
import pkgutil

import pytest

import toylab.claims
from toylab import claims
from toylab.claims.certified import Certified
from toylab.claims.critics.quotients import Quotients
from toylab.claims.families.intervals import Interval
from toylab.claims.families.readings import Reading

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
