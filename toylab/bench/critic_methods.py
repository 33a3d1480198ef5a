"""Which ways of training a critic there are to compare, and with what λ each of them trains."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, is_dataclass, replace
from typing import Any

from toylab.errors import unknown_name
from toylab.problem import CriticProblem
from toylab.solvers.base import AbstractSolver


@dataclass(frozen=True, kw_only=True)
class Method:
    """One way of training a critic.

    Attributes:
        name: how it is asked for.
        make: (seed, device) -> the solver.
        what: a few words for the legend of a table.
    """

    name: str
    make: Callable[[int, str], AbstractSolver]
    what: str

    def restriction(self, problem: CriticProblem) -> str:
        """Which λ (or what else) restricts the critic while it is trained."""
        penalty: Any = getattr(self.make(0, "cpu"), "penalty", None)
        if hasattr(penalty, "weight_used"):
            return penalty.weight_used(problem.regularizer)
        return problem.regularizer.describe().replace("lambda", "λ")


def known_methods() -> dict[str, Method]:
    """Every method by its name, in the order in which tables show them; the first is what others are measured by."""
    from toylab import solvers
    from toylab.solvers.network import presets

    found = {
        "MaxGP": Method(
            name="MaxGP",
            make=lambda seed, device: solvers.MaxGP(seed=seed, device=device),
            what="toylab.solvers.MaxGP() as it is",
        )
    }
    funnel: Any = getattr(presets, "FunnelMaxGP", None)
    if funnel is not None:
        found["FunnelMaxGP"] = Method(
            name="FunnelMaxGP",
            make=lambda seed, device: funnel(seed=seed, device=device),
            what="the critic of the optimum's own shape, a maximum of cones",
        )
    found["double-backward"] = Method(
        name="double-backward",
        make=_double_backward,
        what="a plain torch loop (autograd.grad with create_graph, torch.optim.Adam): MLP 64×3 of absolute values, all "
        "points in every step, Adam 3e-3 (.9, .99) with cosine decay over 5000 steps, S_max a quarter, λ ramped up "
        "over the first 30 %",
    )
    found["published"] = Method(
        name="published",
        make=_published,
        what="the recipe of LGAN's toy experiments in the same plain loop: MLP 1024×4 ReLU, Adam 1e-4 (0, .9), "
        "minibatches of 256, S_max half of the penalty's 256 blends",
    )
    for name, make in getattr(presets, "RIVALS", {}).items():
        found.setdefault(name, _rival(name, make))
    return found


def _rival(name: str, make: Callable[..., AbstractSolver]) -> Method:
    return Method(
        name=name,
        make=lambda seed, device: make(seed=seed, device=device),
        what=(make.__doc__ or "a rival of the literature").strip().splitlines()[0].rstrip("."),
    )


def _double_backward(seed: int, device: str) -> AbstractSolver:
    from toylab.bench.critic_double_backward import DoubleBackward

    return DoubleBackward(seed=seed, device=device)


def _published(seed: int, device: str) -> AbstractSolver:
    from torch import nn

    from toylab.bench.critic_double_backward import DoubleBackward
    from toylab.solvers.network import Schedule

    return DoubleBackward(
        width=1024,
        depth=4,
        activation=nn.ReLU,
        schedule=Schedule(steps=1_000_000, learning_rate=1e-4, betas=(0.0, 0.9), ramp=0.0),
        decay=False,
        batch=256,
        samples=256,
        remembered=0.5,
        seed=seed,
        device=device,
    )


def chosen_methods(names: Iterable[str] | None) -> list[Method]:
    """The methods of these names, all of them where none are given.

    Raises:
        InputError: a name that no method has.
    """
    known = known_methods()
    if names is None:
        return list(known.values())
    chosen: dict[str, Method] = {}
    for name in names:
        match = next((method for method in known if method.lower() == name.strip().lower()), None)
        if match is None:
            raise unknown_name("method", name, known)
        chosen[match] = known[match]
    return list(chosen.values())


def watched(solver: AbstractSolver, **parts: Any) -> AbstractSolver | None:
    """The solver with another stopping rule and polish; None where it does not consist of such parts."""
    if not is_dataclass(solver) or any(not hasattr(solver, name) for name in parts):
        return None
    return replace(solver, **parts)
