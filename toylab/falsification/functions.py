"""The search space of functions on pairs: quadratic forms and cones with two points, under ℓ_p norms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st
from typing_extensions import override

from toylab.claims.kinds import FunctionKind, NormKind
from toylab.critics import Critic, LowerExtension, QuadraticForm
from toylab.falsification.fractions import fraction, vector
from toylab.falsification.spaces import AbstractRecipe, SearchSpace, Selection
from toylab.functions import FunctionOnPair, Norm

#: Exponents of norms beside the Euclidean one, the simplest first.
OTHER_NORMS = (1.0, np.inf, 3.0, 1.5, 4.0)


@dataclass(frozen=True, kw_only=True, eq=False)
class FunctionRecipe(AbstractRecipe):
    """A function with its pair, which needs no solver.

    Attributes:
        function: the subject.
        labels: what was drawn.
    """

    function: FunctionOnPair
    labels: tuple[str, ...]

    @override
    def subject(self) -> FunctionOnPair:
        return self.function

    @override
    def second_opinion(self) -> tuple[FunctionOnPair, str]:
        """The same function from its plain data: no solver had a part in it."""
        return FunctionOnPair.from_json(self.function.to_json()), "no solver: the function is given by its formula"

    @override
    def size(self) -> tuple[float, ...]:
        f = self.function
        form = f.f.matrix if isinstance(f.f, QuadraticForm) else np.ones(1)
        return len(f.x), float(np.abs(form).sum()), float(np.abs(np.concatenate([f.x, f.y])).sum()), f.k

    @override
    def words(self, subject: FunctionOnPair) -> list[tuple[str, str]]:
        norm = "Euclidean" if subject.norm.p == 2 else f"l_{subject.norm.p:g}"
        return [
            ("function", f"{subject.name}{_formula(subject.f)}"),
            ("pair", f"from {vector(subject.x)} to {vector(subject.y)}"),
            ("constant", f"k = {fraction(subject.k)}"),
            ("norm", norm),
            ("gradient", f"{vector(subject.f.gradient(0.5 * (subject.x + subject.y)[None])[0])} half way"),
        ]


def _formula(f: Critic) -> str:
    """The formula of a function as it is drawn here, after its name."""
    if isinstance(f, LowerExtension):
        return f", −{fraction(f.lipschitz_constant)}·‖z − {vector(f.centres[0])}‖"
    assert isinstance(f, QuadraticForm)
    linear = f" {vector(f.linear)}·z"
    rows = ", ".join(vector(row) for row in f.matrix)
    return linear if not f.matrix.any() else f"{linear} + ½ z·Az with A = [{rows}]"


def steepest_direction(step: np.ndarray, p: float) -> np.ndarray:
    """The gradient of dual norm 1 that rises by ‖step‖_p along the step: where equality holds in Hölder's."""
    if p == 1:
        return np.sign(step)
    if np.isinf(p):
        first = int(np.argmax(np.abs(step)))
        return np.where(np.arange(len(step)) == first, np.sign(step), 0.0)
    powers = np.abs(step) ** (p - 1.0)
    return np.sign(step) * powers / np.linalg.norm(step, ord=p) ** (p - 1.0)


def vectors(dimension: int) -> st.SearchStrategy[np.ndarray]:
    """Vectors of small whole numbers."""
    row = st.lists(st.integers(-4, 4), min_size=dimension, max_size=dimension)
    return row.map(lambda entries: np.array(entries, dtype=np.float64))


@st.composite
def function_recipes(draw: st.DrawFn, selection: Selection) -> FunctionRecipe:
    """A function and a pair of the selected kinds."""
    kind = draw(st.sampled_from(selection.of(FunctionKind)))
    norm = draw(st.sampled_from(selection.of(NormKind)))
    p = 2.0 if norm is NormKind.EUCLIDEAN else draw(st.sampled_from(OTHER_NORMS))
    dimension = draw(st.sampled_from([2, 1, 3]))
    x = draw(vectors(dimension))
    step = draw(vectors(dimension).filter(lambda v: bool(v.any())))
    k = draw(st.sampled_from([1.0, 2.0, 0.5]))
    gradient = k * steepest_direction(step, p)
    shape = "plane"
    f: Critic = QuadraticForm(gradient, np.zeros((dimension, dimension)))
    if kind is FunctionKind.ALONG and norm is NormKind.EUCLIDEAN and draw(st.booleans()):
        shape, f = "cone", LowerExtension((x + 2.0 * step)[None], np.zeros(1), k)
    elif kind is FunctionKind.ACROSS:
        slope = draw(vectors(dimension).filter(lambda v: bool(v.any())))
        f, k = QuadraticForm(slope, np.zeros((dimension, dimension))), float(Norm(p).dual(slope))
    elif kind is FunctionKind.STEEPER:
        # k is what the pair's own rise gives, so that the pair is tight and the function steeper beside it
        entries = [draw(vectors(dimension)) for _ in range(dimension)]
        matrix = np.array(entries)
        f = QuadraticForm(gradient, matrix + matrix.T)
        rise = float(np.subtract(*f(np.stack([x + step, x]))))
        k = rise / float(Norm(p)(step)) if rise > 0 else k
        shape = "quadratic form"
    subject = FunctionOnPair(name=shape, f=f, k=k, x=x, y=x + step, norm=Norm(p))
    return FunctionRecipe(
        function=subject,
        labels=(
            f"pair: {kind.value}",
            f"norm: {'Euclidean' if p == 2 else f'l_{p:g}'}",
            f"function: {shape}",
            f"dimension: {dimension}",
        ),
    )


FUNCTIONS = SearchSpace(axes=(FunctionKind, NormKind), recipes=function_recipes)
