"""The search space of functions on chains: planes and cones with three points, under ℓ_p norms."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from hypothesis import strategies as st
from typing_extensions import override

from toylab.claims.kinds import ChainKind, FunctionKind, NormKind
from toylab.critics import Critic, LowerExtension, QuadraticForm
from toylab.falsification.fractions import fraction, vector
from toylab.falsification.functions import OTHER_NORMS, FunctionRecipe, steepest_direction, vectors
from toylab.falsification.spaces import SearchSpace, Selection
from toylab.functions import FunctionOnChain, Norm

_CONSTANTS = (1.0, 2.0, 0.5)
_STEPS = st.integers(1, 4)


@dataclass(frozen=True, kw_only=True, eq=False)
class ChainRecipe(FunctionRecipe):
    """A function with its three points, which needs no solver.

    Attributes:
        function: the subject.
    """

    function: FunctionOnChain

    @override
    def subject(self) -> FunctionOnChain:
        return self.function

    @override
    def second_opinion(self) -> tuple[FunctionOnChain, str]:
        """The same chain from its plain data: no solver had a part in it."""
        return FunctionOnChain.from_json(self.function.to_json()), "no solver: the function is given by its formula"

    @override
    def size(self) -> tuple[float, ...]:
        return (*super().size(), float(np.abs(self.function.via).sum()))

    @override
    def words(self, subject: FunctionOnChain) -> list[tuple[str, str]]:
        rows = dict(super().words(subject))
        first, second = subject.rises()
        return [
            ("function", rows["function"]),
            ("pair", f"from {vector(subject.x)} via {vector(subject.via)} to {vector(subject.y)}"),
            ("constant", rows["constant"]),
            ("norm", rows["norm"]),
            ("steps", f"f changes by {fraction(first)} and by {fraction(second)}"),
        ]


def _plane(gradient: np.ndarray) -> QuadraticForm:
    return QuadraticForm(gradient, np.zeros((len(gradient), len(gradient))))


@st.composite
def chain_recipes(draw: st.DrawFn, selection: Selection) -> ChainRecipe:
    """A function and a chain of the selected kinds."""
    kind = draw(st.sampled_from(selection.of(FunctionKind)))
    way = draw(st.sampled_from(selection.of(ChainKind)))
    norm_kind = draw(st.sampled_from(selection.of(NormKind)))
    norm = Norm(2.0 if norm_kind is NormKind.EUCLIDEAN else draw(st.sampled_from(OTHER_NORMS)))
    dimension = draw(st.sampled_from([2, 1, 3]))
    x, k = draw(vectors(dimension)), draw(st.sampled_from(_CONSTANTS))
    if kind is FunctionKind.STEEPER:
        shape, f, steps = _staircase(draw, dimension, k)
    elif kind is FunctionKind.ACROSS:
        shape, f, steps = "plane", _plane(draw(_nonzero(dimension))), [draw(_nonzero(dimension)) for _ in range(2)]
        k = float(norm.dual(f.linear))
    else:
        shape, f, steps = _tight(draw, x, k, norm)
    if way is ChainKind.UP_AND_DOWN and kind is FunctionKind.ALONG and norm.p == 2:
        # the tip of a cone: up to it on one side, down on another
        shape, f, steps[1] = "cone", LowerExtension((x + steps[0])[None], np.zeros(1), k), draw(_nonzero(dimension))
    subject = FunctionOnChain(name=shape, f=f, k=k, x=x, via=x + steps[0], y=x + steps[0] + steps[1], norm=norm)
    if way is ChainKind.UP_AND_DOWN and shape != "cone":
        subject = replace(subject, y=subject.via - 0.5 * steps[0])
    return ChainRecipe(
        function=subject,
        labels=(
            f"chain: {kind.value}",
            f"way: {way.value}",
            f"norm: {'Euclidean' if norm.p == 2 else f'l_{norm.p:g}'}",
            f"function: {shape}",
            f"dimension: {dimension}",
        ),
    )


def _nonzero(dimension: int) -> st.SearchStrategy[np.ndarray]:
    return vectors(dimension).filter(lambda v: bool(v.any()))


def _tight(draw: st.DrawFn, x: np.ndarray, k: float, norm: Norm) -> tuple[str, Critic, list[np.ndarray]]:
    """A plane that is steepest along both steps, not parallel ones in ℓ₁ and ℓ_∞, or a cone that both climb."""
    dimension = len(x)
    step = draw(_nonzero(dimension))
    steps = [step, draw(_STEPS) / 2.0 * step]
    if norm.p == 2 and draw(st.booleans()):
        return "cone", LowerExtension((x + steps[0] + 2.0 * steps[1])[None], np.zeros(1), k), steps
    gradient = k * steepest_direction(step, norm.p)
    if norm.p == 1:  # any step within the same orthant climbs as fast
        steps[1] = np.sign(step) * np.abs(draw(_nonzero(dimension)))
    elif np.isinf(norm.p):  # any step with the same coordinate ahead
        ahead = int(np.argmax(np.abs(step)))
        steps[1] = draw(_nonzero(dimension))
        steps[1][ahead] = np.sign(step[ahead]) * np.abs(steps[1]).max()
    if not steps[1].any():
        steps[1] = step
    return "plane", _plane(gradient), steps


def _staircase(draw: st.DrawFn, dimension: int, k: float) -> tuple[str, Critic, list[np.ndarray]]:
    """Steps along two axes, each at slope k: the plane is steeper between them; on the line, a parabola's chord."""
    steps = [draw(_STEPS) * np.eye(dimension)[axis % dimension] for axis in range(2)]
    if dimension == 1:
        bend = np.array([[float(draw(_STEPS))]])
        return "quadratic form", QuadraticForm(np.array([k]), bend), steps
    gradient = np.zeros(dimension)
    gradient[:2] = k
    return "plane", _plane(gradient), steps


CHAINS = SearchSpace(axes=(FunctionKind, NormKind, ChainKind), recipes=chain_recipes)
