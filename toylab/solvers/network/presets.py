"""Recipes by name."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from toylab.errors import unknown_name
from toylab.solvers.network.architectures import MLP
from toylab.solvers.network.schedules import Schedule
from toylab.solvers.network.training import NetworkSolver

_SCHEDULE = ("steps", "learning_rate")
_ARCHITECTURE = ("width", "depth")


def MaxGP(**changes: Any) -> NetworkSolver:  # noqa: N802 - the name of a method of the literature
    """The maximum gradient penalty of LGAN (Eq. 12, 27), in the recipe that comes closest to the exact optimum.

    Three layers of 64 units with absolute values, all points in every step, Adam with a cosine decay, the memory
    S_max of steep points, and λ ramped up from a tenth over the first 30 % of the steps.

    Args:
        **changes: any field of `NetworkSolver`; and, for short, `steps` and `learning_rate` of its schedule,
            `width` and `depth` of its MLP.

    Raises:
        InputError: an unknown name, or a value outside its range.
    """
    solver = NetworkSolver()
    known = [item.name for item in fields(solver)]
    for name in changes:
        if name not in {*known, *_SCHEDULE, *_ARCHITECTURE}:
            raise unknown_name("setting of MaxGP", name, [*known, *_SCHEDULE, *_ARCHITECTURE])
    schedule = {name: changes.pop(name) for name in _SCHEDULE if name in changes}
    architecture = {name: changes.pop(name) for name in _ARCHITECTURE if name in changes}
    if schedule:
        changes["schedule"] = replace(changes.get("schedule", Schedule()), **schedule)
    if architecture:
        changes["architecture"] = replace(changes.get("architecture", MLP()), **architecture)
    return replace(solver, **changes)


__all__ = ["MaxGP"]
