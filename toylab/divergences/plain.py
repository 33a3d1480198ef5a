"""Objectives as plain data and back, exactly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from toylab import losses
from toylab.distributions import plain as distributions
from toylab.distributions.base import Distribution
from toylab.divergences import registry
from toylab.divergences.f_divergence import FDivergence
from toylab.divergences.fisher import FisherIPM, Uniform
from toylab.divergences.objective import Objective
from toylab.divergences.on_the_line import WassersteinOnLine
from toylab.divergences.unrestricted import UnrestrictedLoss
from toylab.errors import InputError
from toylab.measures import DiscreteMeasure
from toylab.storage import read_kind


def to_json(objective: Objective) -> dict[str, Any]:
    """An objective as plain data.

    Raises:
        InputError: it is none of those that can be written down.
    """
    match objective:
        case UnrestrictedLoss(losses=pair):
            return {"kind": "unrestricted", "losses": pair.to_json()}
        case FDivergence():
            return {"kind": "f-divergence", "name": objective.name}
        case FisherIPM(mu=mu):
            return {"kind": "fisher", "mu": _mu_to_json(mu)}
        case WassersteinOnLine():
            return {"kind": "wasserstein-on-line"}
    raise InputError(
        f"a {type(objective).__name__} cannot be written as JSON; that is possible for {', '.join(_READERS)}."
    )


def from_json(data: Any) -> Objective:
    """The objective that `to_json` wrote.

    Raises:
        InputError: an unknown kind, or fields that are missing or wrong.
    """
    return read_kind(data, "objective", _READERS)


def _mu_to_json(mu: Any) -> Any:
    match mu:
        case None:
            return None
        case Uniform():
            return {"kind": "uniform"}
        case DiscreteMeasure():
            return {"kind": "finite", "measure": mu.to_json()}
        case Distribution():
            return distributions.to_json(mu)
    raise InputError(f"mu cannot be a {type(mu).__name__}.")


def _mu_from_json(data: Any) -> Any:
    if data is None:
        return None
    if isinstance(data, Mapping) and data.get("kind") == "uniform":
        return Uniform()
    if isinstance(data, Mapping) and data.get("kind") == "finite":
        return DiscreteMeasure.from_json(data["measure"])
    return distributions.from_json(data)


_READERS: dict[str, Callable[[Mapping[str, Any]], Objective]] = {
    "unrestricted": lambda data: UnrestrictedLoss(losses.from_json(data["losses"])),
    "f-divergence": lambda data: registry.get(data["name"]),
    "fisher": lambda data: FisherIPM(_mu_from_json(data["mu"])),
    "wasserstein-on-line": lambda data: WassersteinOnLine(),
}
