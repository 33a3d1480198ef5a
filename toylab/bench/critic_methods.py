"""Which ways of training a critic there are to compare, and with what λ each of them trains."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, is_dataclass, replace
from functools import partial
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
        usual: whether it is among those that are compared where nothing else is asked for.
    """

    name: str
    make: Callable[[int, str], AbstractSolver]
    what: str
    usual: bool = True

    def restriction(self, problem: CriticProblem) -> str:
        """Which λ (or what else) restricts the critic while it is trained."""
        penalty: Any = getattr(self.make(0, "cpu"), "penalty", None)
        named = getattr(penalty, "weight_used", lambda regularizer: regularizer.describe())
        return named(problem.regularizer).replace("lambda", "λ").replace("<=", "≤")


def known_methods() -> dict[str, Method]:
    """Every method by its name, in the order in which tables show them; the first is what others are measured by."""
    from toylab.solvers.network import RIVALS, FunnelMaxGP, MaxGP

    methods = [
        Method(
            name="MaxGP",
            make=lambda seed, device: MaxGP(seed=seed, device=device),
            what="toylab.solvers.MaxGP() as it is",
        ),
        Method(
            name="FunnelMaxGP",
            make=lambda seed, device: FunnelMaxGP(seed=seed, device=device),
            what="toylab.solvers.FunnelMaxGP() as it is: a critic of the optimum's own shape, a maximum of cones",
        ),
        Method(
            name="double-backward",
            make=_double_backward,
            what="a plain torch loop (autograd.grad with create_graph, torch.optim.Adam): MLP 64×3 of absolute values, "
            "all points in every step, Adam 3e-3 (.9, .99) with cosine decay over 5000 steps, S_max a quarter, λ "
            "ramped up over the first 30 %",
        ),
        Method(
            name="published",
            make=_published,
            what="the recipe of LGAN's toy experiments in the same plain loop: MLP 1024×4 ReLU, Adam 1e-4 (0, .9), "
            "minibatches of 256, S_max an eighth of the penalty's 256 blends",
        ),
    ]
    methods += [_preset(name, make) for name, make in RIVALS.items()]
    methods += [
        _preset(f"{name}-published", partial(make, published=True), published=True)
        for name, make in {"MaxGP": MaxGP, **RIVALS}.items()
    ]
    return {method.name: method for method in methods}


def _preset(name: str, make: Callable[..., AbstractSolver], *, published: bool = False) -> Method:
    """A preset of the network solvers, which takes a seed and a device."""
    documented: Any = make.func if isinstance(make, partial) else make
    first = (documented.__doc__ or name).strip().splitlines()[0].rstrip(".")
    if published:
        first = f"{name.removesuffix('-published')} with the settings of its paper"
    return Method(
        name=name,
        make=lambda seed, device: make(seed=seed, device=device),
        what=first,
        usual=not published,
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
        remembered=0.125,
        seed=seed,
        device=device,
    )


def chosen_methods(names: Iterable[str] | None) -> list[Method]:
    """The methods of these names, the usual ones where none are given, every one for "all".

    Capitals and hyphens do not matter.

    Raises:
        InputError: a name that no method has.
    """
    known = known_methods()
    if names is None:
        return [method for method in known.values() if method.usual]
    by_letters = {_letters(name): name for name in known}
    chosen: dict[str, Method] = {}
    for name in names:
        if name.lower() == "all":
            chosen |= known
            continue
        match = by_letters.get(_letters(name))
        if match is None:
            raise unknown_name("method", name, [*known, "all"])
        chosen[match] = known[match]
    return list(chosen.values())


def _letters(name: str) -> str:
    return name.strip().lower().replace("-", "")


def watched(solver: AbstractSolver, **parts: Any) -> AbstractSolver | None:
    """The solver with another stopping rule and polish; None where it does not consist of such parts."""
    if not is_dataclass(solver) or any(not hasattr(solver, name) for name in parts):
        return None
    return replace(solver, **parts)
