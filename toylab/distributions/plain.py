"""Distributions as plain data and back, exactly: every float is written so that it is read as itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from toylab.distributions.base import Distribution
from toylab.distributions.combined import Mixture, Noisy, Translated
from toylab.distributions.shapes import Gaussian, Masses, Segment, UniformBox
from toylab.errors import InputError
from toylab.measures import DiscreteMeasure
from toylab.storage import read_kind

#: Parts of a sum that are written out.
_SHOWN = 4


def to_json(distribution: Distribution) -> dict[str, Any]:
    """A distribution as plain data.

    Raises:
        InputError: it is none of those that can be written down.
    """
    match distribution:
        case Gaussian(mean=mean, scale=scale):
            data = {"kind": "gaussian", "mean": mean.tolist(), "scale": scale}
        case UniformBox(centre=centre, half_side=half):
            data = {"kind": "uniform-box", "centre": centre.tolist(), "half_side": half.tolist()}
        case Segment(start=start, end=end):
            data = {"kind": "segment", "start": start.tolist(), "end": end.tolist()}
        case Masses(measure=measure):
            data = {"kind": "masses", "measure": measure.to_json()}
        case Mixture(components=components, weights=weights):
            data = {"kind": "mixture", "components": [to_json(c) for c in components], "weights": weights.tolist()}
        case Translated(distribution=inner, offset=offset):
            data = {"kind": "translated", "distribution": to_json(inner), "offset": offset.tolist()}
        case Noisy(distribution=inner, scale=scale):
            data = {"kind": "noisy", "distribution": to_json(inner), "scale": scale}
        case _:
            kind = type(distribution).__name__
            raise InputError(f"a {kind} cannot be written as JSON; that is possible for {', '.join(_READERS)}.")
    return data


def from_json(data: Any) -> Distribution:
    """The distribution that `to_json` wrote.

    Raises:
        InputError: an unknown kind, or fields that are missing or wrong.
    """
    return read_kind(data, "distribution", _READERS)


_READERS: dict[str, Callable[[Mapping[str, Any]], Distribution]] = {
    "gaussian": lambda data: Gaussian(data["mean"], data["scale"]),
    "uniform-box": lambda data: UniformBox(data["centre"], data["half_side"]),
    "segment": lambda data: Segment(data["start"], data["end"]),
    "masses": lambda data: Masses(DiscreteMeasure.from_json(data["measure"])),
    "mixture": lambda data: Mixture([from_json(part) for part in data["components"]], data["weights"]),
    "translated": lambda data: Translated(from_json(data["distribution"]), data["offset"]),
    "noisy": lambda data: Noisy(from_json(data["distribution"]), data["scale"]),
}


def words(distribution: Distribution) -> str:
    """A distribution as a person would write it."""
    match distribution:
        case Gaussian(mean=mean, scale=scale):
            said = f"N({_point(mean)}, {scale:g}²)"
        case UniformBox(centre=centre, half_side=half):
            said = f"U({_point(centre - half)}, {_point(centre + half)})"
        case Segment(start=start, end=end):
            said = f"the segment from {_point(start)} to {_point(end)}"
        case Masses(measure=measure) if len(measure) == 1:
            said = f"a point mass at {_point(measure.points[0])}"
        case Masses(measure=measure):
            said = _sum(measure.weights, [f"δ({_point(z)})" for z in measure.points[:_SHOWN]])
        case Mixture(components=components, weights=weights):
            said = _sum(weights, [words(part) for part in components[:_SHOWN]])
        case Translated(distribution=inner, offset=offset):
            said = f"({words(inner)}) moved by {_point(offset)}"
        case Noisy(distribution=inner, scale=scale):
            said = f"({words(inner)}) with noise N(0, {scale:g}²)"
        case _:
            said = type(distribution).__name__
    return said


def _sum(weights: np.ndarray, shown: list[str]) -> str:
    if len(weights) == 1:
        return shown[0]
    terms = " + ".join(f"{w:.4g} {part}" for w, part in zip(weights, shown, strict=False))
    return terms if len(weights) == len(shown) else f"{terms} + … ({len(weights)} in all)"


def _point(coordinates: Any) -> str:
    shown = [f"{float(c) + 0.0:.4g}" for c in coordinates[:4]]
    return shown[0] if len(coordinates) == 1 else f"({', '.join(shown)}{', …' if len(coordinates) > 4 else ''})"
