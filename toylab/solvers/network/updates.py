"""The optimiser's side of the hand-written step: moments of K members, and how they move the parameters."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor
from typing_extensions import override

from toylab.solvers.network.adam import FlatAdam
from toylab.solvers.network.flat_mlp import FlatMLP
from toylab.solvers.network.muon import Muon, is_hidden
from toylab.solvers.network.schedules import Schedule


class AbstractUpdates(ABC):
    """A running optimiser of K members."""

    @abstractmethod
    def step(self, net: FlatMLP, derivative: FlatMLP, rate: Tensor, count: Tensor) -> None:
        """Move the parameters, in place, at the learning rate (); count () is the number of this step, from 1."""

    @abstractmethod
    def moments(self) -> list[Tensor]:
        """What is carried from step to step, to be read or written in place."""

    @abstractmethod
    def chosen(self, net: FlatMLP, members: Tensor) -> AbstractUpdates:
        """The moments of some members, in the middle of the training of `net`."""


class AdamUpdates(AbstractUpdates):
    """Adam for every parameter."""

    def __init__(self, adam: FlatAdam) -> None:
        self._adam = adam

    @override
    def step(self, net: FlatMLP, derivative: FlatMLP, rate: Tensor, count: Tensor) -> None:
        self._adam.step(net.flat, derivative.flat, rate, count)

    @override
    def moments(self) -> list[Tensor]:
        return [self._adam.mean, self._adam.square]

    @override
    def chosen(self, net: FlatMLP, members: Tensor) -> AdamUpdates:
        return AdamUpdates(_chosen_moments(self._adam, net, members))


class MuonUpdates(AbstractUpdates):
    """Muon for the matrices that `is_hidden` names, Adam for the rest."""

    def __init__(self, settings: Muon, adam: FlatAdam, means: FlatMLP) -> None:
        self._settings, self._adam, self._means = settings, adam, means
        self._held = means.like()

    @override
    def step(self, net: FlatMLP, derivative: FlatMLP, rate: Tensor, count: Tensor) -> None:
        hidden = [number for number, weight in enumerate(net.weights) if is_hidden(weight)]
        for number in hidden:
            self._held.weights[number].copy_(net.weights[number])
        self._adam.step(net.flat, derivative.flat, rate, count)
        for number in hidden:
            net.weights[number].copy_(self._held.weights[number])
        weights, slopes, means = ([of.weights[number] for number in hidden] for of in (net, derivative, self._means))
        self._settings.move(weights, slopes, means, rate)

    @override
    def moments(self) -> list[Tensor]:
        return [self._adam.mean, self._adam.square, self._means.flat]

    @override
    def chosen(self, net: FlatMLP, members: Tensor) -> MuonUpdates:
        return MuonUpdates(self._settings, _chosen_moments(self._adam, net, members), self._means.chosen(members))


def _chosen_moments(adam: FlatAdam, net: FlatMLP, members: Tensor) -> FlatAdam:
    mean, square = (net.around(moment).chosen(members).flat for moment in (adam.mean, adam.square))
    return FlatAdam(mean, square, adam.betas)


def updates_for(schedule: Schedule, net: FlatMLP) -> AbstractUpdates:
    """The optimiser of a schedule before its first step; it must be Adam or Muon."""
    match schedule.optimizer:
        case Muon() as settings:
            return MuonUpdates(settings, FlatAdam.at_rest(net.flat, settings.betas), net.like())
        case None:
            return AdamUpdates(FlatAdam.at_rest(net.flat, schedule.betas))
        case other:
            raise TypeError(f"{other!r} has no step without autograd")


__all__ = ["AbstractUpdates", "updates_for"]
