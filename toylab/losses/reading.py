"""Losses read back from JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from toylab.errors import InputError, unknown_name
from toylab.losses.base import Loss
from toylab.losses.composite import Raised, Reflected, Scaled, Shifted, Stretched
from toylab.losses.elementary import Exponential, Softplus, Square, SquareRoot
from toylab.losses.expressions import get
from toylab.losses.flat import FlatMiddle
from toylab.losses.pairs import LossPair
from toylab.losses.registry import registered
from toylab.losses.straight import Affine, Hinge, Linear
from toylab.losses.total import Total

_KINDS: dict[str, Callable[[dict[str, Any]], Loss]] = {
    "linear": lambda data: Linear(),
    "affine": lambda data: Affine(data["rate"], data["constant"]),
    "softplus": lambda data: Softplus(),
    "square-root": lambda data: SquareRoot(),
    "exponential": lambda data: Exponential(),
    "flat-middle": lambda data: FlatMiddle(),
    "hinge": lambda data: Hinge(),
    "square": lambda data: Square(data["target"]),
    "reflected": lambda data: Reflected(loss_from_json(data["loss"])),
    "scaled": lambda data: Scaled(loss_from_json(data["loss"]), data["factor"]),
    "shifted": lambda data: Shifted(loss_from_json(data["loss"]), data["offset"]),
    "stretched": lambda data: Stretched(loss_from_json(data["loss"]), data["unit"]),
    "raised": lambda data: Raised(loss_from_json(data["loss"]), data["constant"]),
    "total": lambda data: Total(tuple(loss_from_json(term) for term in data["terms"])),
    "registered": lambda data: registered(data["name"]),
}


def loss_from_json(data: dict[str, Any]) -> Loss:
    """The loss described by `Loss.to_json`.

    Raises:
        InputError: an unknown kind, or a number that is not one.
        KeyError: something is missing.
    """
    kind = data.get("kind")
    if kind not in _KINDS:
        raise unknown_name("kind of loss", kind, _KINDS)
    return _KINDS[kind](data)


def from_json(data: str | dict[str, Any]) -> LossPair:
    """The pair described by `LossPair.to_json`, or by an expression that `get` reads.

    Raises:
        InputError: what is unknown or missing.
    """
    if isinstance(data, str):
        return get(data)
    try:
        return LossPair(str(data["name"]), loss_from_json(data["fake_loss"]), loss_from_json(data["real_loss"]))
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"a loss in JSON is a name, an expression, or what LossPair.to_json() wrote; missing {error}."
        ) from None
