"""Distributions as plain data and back, exactly: every float is written so that it is read as itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from toylab.distributions.base import Distribution
from toylab.distributions.combined import Mixture, Noisy, Translated
from toylab.distributions.shapes import Gaussian, Masses, Segment, UniformBox
from toylab.errors import InputError, unknown_name
from toylab.measures import DiscreteMeasure


def to_json(distribution: Distribution) -> dict[str, Any]:
    """A distribution as plain data.

    Raises:
        InputError: it is none of those that can be written down.
    """
    match distribution:
        case Gaussian(mean=mean, scale=scale):
            return {"kind": "gaussian", "mean": mean.tolist(), "scale": scale}
        case UniformBox(centre=centre, half_side=half):
            return {"kind": "uniform-box", "centre": centre.tolist(), "half_side": half.tolist()}
        case Segment(start=start, end=end):
            return {"kind": "segment", "start": start.tolist(), "end": end.tolist()}
        case Masses(measure=measure):
            return {"kind": "masses", "measure": measure.to_json()}
        case Mixture(components=components, weights=weights):
            return {"kind": "mixture", "components": [to_json(c) for c in components], "weights": weights.tolist()}
        case Translated(distribution=inner, offset=offset):
            return {"kind": "translated", "distribution": to_json(inner), "offset": offset.tolist()}
        case Noisy(distribution=inner, scale=scale):
            return {"kind": "noisy", "distribution": to_json(inner), "scale": scale}
    raise InputError(
        f"a {type(distribution).__name__} cannot be written as JSON; that is possible for {', '.join(_READERS)}."
    )


def from_json(data: Any) -> Distribution:
    """The distribution that `to_json` wrote.

    Raises:
        InputError: an unknown kind, or fields that are missing or wrong.
    """
    if not isinstance(data, Mapping):
        raise InputError(f"a distribution in JSON is an object with a field 'kind', got {type(data).__name__}.")
    kind = data.get("kind")
    if not isinstance(kind, str) or kind not in _READERS:
        raise unknown_name("kind of distribution", kind, _READERS)
    try:
        return _READERS[kind](data)
    except KeyError as error:
        raise InputError(f"the distribution of kind {kind!r} lacks its field {error.args[0]!r}.") from None


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
            return f"N({_point(mean)}, {scale:g}²)"
        case UniformBox(centre=centre, half_side=half):
            return f"U({_point(centre - half)}, {_point(centre + half)})"
        case Segment(start=start, end=end):
            return f"the segment from {_point(start)} to {_point(end)}"
        case Masses(measure=measure):
            shown = " + ".join(
                f"{w:.4g} δ{_point(z)}" for w, z in zip(measure.weights[:3], measure.points[:3], strict=True)
            )
            return shown if len(measure) <= 3 else f"{shown} + … ({len(measure)} points)"
        case Mixture(components=components, weights=weights):
            return " + ".join(f"{w:.4g} {words(part)}" for w, part in zip(weights, components, strict=True))
        case Translated(distribution=inner, offset=offset):
            return f"({words(inner)}) moved by {_point(offset)}"
        case Noisy(distribution=inner, scale=scale):
            return f"({words(inner)}) with noise N(0, {scale:g}²)"
    return type(distribution).__name__


def _point(coordinates: Any) -> str:
    shown = [f"{float(c) + 0.0:.4g}" for c in coordinates[:4]]
    return shown[0] if len(coordinates) == 1 else f"({', '.join(shown)}{', …' if len(coordinates) > 4 else ''})"
