"""Which ways of training a generator there are to compare: what it follows, and by which loss of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from toylab import losses
from toylab.dynamics import (
    AbstractObjective,
    CriticInTraining,
    CriticPull,
    LipschitzCritic,
    MinMaxPull,
    RealLossPull,
)
from toylab.dynamics.networks import AbstractPull
from toylab.errors import unknown_name
from toylab.losses import LossPair
from toylab.problem import LipschitzPenalty, Regularizer, Unrestricted

#: λ of every penalty: the one of WGAN-GP's toy code (Gulrajani et al. 2017; 10 is for images), and of LGAN's cases.
WEIGHT = 0.1
#: What all trained critics share: the learning rate of their Adam (RMSProp for clipped weights), and the network.
RATE, WIDTH, DEPTH = 2e-3, 64, 3


@dataclass(frozen=True, kw_only=True)
class GeneratorMethod:
    """One way of training a generator.

    Attributes:
        name: how it is asked for.
        make: seed -> what the generator follows.
        pull: the generator's loss.
        what: a few words for the legend of a table.
        usual: whether it is among those that are compared where nothing else is asked for.
    """

    name: str
    make: Callable[[int], AbstractObjective]
    pull: AbstractPull
    what: str
    usual: bool = True


def known_methods() -> dict[str, GeneratorMethod]:
    """Every method by its name, in the order in which tables show them."""
    wasserstein, logistic, squares = losses.wasserstein(), losses.logistic(), losses.quadratic(0.0, 1.0)
    penalty, free = LipschitzPenalty(WEIGHT), Unrestricted()
    methods = [
        GeneratorMethod(
            name="MaxGP-exact",
            make=lambda seed: LipschitzCritic(losses=wasserstein, regularizer=penalty),
            pull=CriticPull(),
            what="the certified optimum of the Wasserstein loss with λ k², solved anew on every minibatch pair",
        ),
        GeneratorMethod(
            name="MaxGP-exact-logistic",
            make=lambda seed: LipschitzCritic(losses=logistic, regularizer=penalty, rtol=1e-4),
            pull=CriticPull(),
            what="the same with the logistic loss, to a relative gap of 1e-4",
            usual=False,
        ),
        _Trained("MaxGP", logistic, penalty, "λ times the squared largest gradient (LGAN)").method("MaxGP"),
        _Trained("GP", wasserstein, penalty, "λ E (‖∇f‖ − 1)²").method("WGAN-GP"),
        _Trained("LP", wasserstein, penalty, "λ E (‖∇f‖ − 1)₊²").method("WGAN-LP", usual=False),
        _Trained("WeightClipping", wasserstein, penalty, "weights clipped to ±0.1, RMSProp").method("WGAN"),
        _Trained("Unrestricted", logistic, free, "no restriction", RealLossPull(logistic), 1).method("GAN"),
        _Trained("Unrestricted", logistic, free, "zero-sum", MinMaxPull(logistic), 1).method(
            "GAN-saturating", usual=False
        ),
        _Trained("Unrestricted", squares, free, "least squares", RealLossPull(squares), 1).method("LSGAN", usual=False),
        _Trained("SpectralNorm", logistic, penalty, "spectral norm, its scale at the price λ k²").method(
            "SN-GAN", usual=False
        ),
    ]
    return {method.name: method for method in methods}


@dataclass(frozen=True)
class _Trained:
    """A critic in training: the preset, its problem, a few words, the generator's loss and n_critic."""

    preset: str
    losses: LossPair
    regularizer: Regularizer
    words: str
    pull: AbstractPull = field(default_factory=CriticPull)
    n_critic: int = 5

    def method(self, name: str, *, usual: bool = True) -> GeneratorMethod:
        """As a method of this name."""
        what = f"{self.words}; {self.losses.name} loss, n_critic = {self.n_critic}, ψ = {self.pull.name}"
        return GeneratorMethod(name=name, make=self.objective, pull=self.pull, what=what, usual=usual)

    def objective(self, seed: int) -> AbstractObjective:
        """What the generator follows."""
        return CriticInTraining(
            losses=self.losses,
            regularizer=self.regularizer,
            solver=_solver(self.preset, seed),
            n_critic=self.n_critic,
        )


def _solver(preset: str, seed: int) -> Any:
    """The preset with the network and the learning rate that all of them share."""
    from toylab.solvers import network

    schedule = network.Schedule(learning_rate=RATE, betas=(0.5, 0.9))
    shape = network.MLP(width=WIDTH, depth=DEPTH, activation=network.LeakyReLU())
    solver = getattr(network, preset)(schedule=schedule, seed=seed, device="cpu")
    match preset:
        case "MaxGP":
            solver = replace(solver, architecture=shape, penalty=network.MaxGradientPenalty())
        case "SpectralNorm":
            solver = replace(solver, architecture=replace(solver.architecture, network=shape))
        case "WeightClipping":
            solver = replace(
                solver,
                architecture=shape,
                penalty=network.ClippedWeights(bound=0.1),
                schedule=replace(schedule, optimizer=network.RMSProp()),
                normalise=False,  # the bound is on the bare network
            )
        case _:
            solver = replace(solver, architecture=shape)
    return solver


def chosen_methods(names: Iterable[str] | None) -> list[GeneratorMethod]:
    """The methods of these names, the usual ones where none are given, every one for "all".

    Raises:
        InputError: a name that no method has.
    """
    known = known_methods()
    if names is None:
        return [method for method in known.values() if method.usual]
    by_letters = {name.lower(): name for name in known}
    chosen: dict[str, GeneratorMethod] = {}
    for name in names:
        if name.lower() == "all":
            chosen |= known
            continue
        match = by_letters.get(name.lower())
        if match is None:
            raise unknown_name("method", name, [*known, "all"])
        chosen[match] = known[match]
    return list(chosen.values())


__all__ = ["DEPTH", "RATE", "WEIGHT", "WIDTH", "GeneratorMethod", "chosen_methods", "known_methods"]
