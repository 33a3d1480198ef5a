"""A function together with a pair of points it joins at full slope: the subject of LGAN Theorem 4."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from toylab.critics import Critic
from toylab.errors import InputError
from toylab.markup import card, facts, number


@dataclass(frozen=True)
class Norm:
    """The ℓ_p norm on R^d, 1 ≤ p ≤ ∞."""

    p: float = 2.0

    def __post_init__(self) -> None:
        if not self.p >= 1:
            raise InputError(f"an l_p norm needs p >= 1, got {self.p}.")

    def __call__(self, vectors: np.ndarray) -> np.ndarray:
        """Lengths of vectors (..., d)."""
        return np.linalg.norm(vectors, ord=self.p, axis=-1)

    @property
    def dual(self) -> Norm:
        """The norm in which gradients are measured: ℓ_q with 1/p + 1/q = 1."""
        if self.p == 1:
            return Norm(np.inf)
        return Norm(1.0) if np.isinf(self.p) else Norm(self.p / (self.p - 1.0))


@dataclass(frozen=True, kw_only=True, eq=False)
class FunctionOnPair:
    """A differentiable function f with Lipschitz constant k and two points with f(y) − f(x) = k‖y − x‖.

    Attributes:
        name: what the function is.
        f: values and gradients.
        k: its Lipschitz constant in `norm`.
        x: (d,), the lower point.
        y: (d,), the upper point.
        norm: the norm of the statement.
    """

    name: str
    f: Critic
    k: float
    x: np.ndarray
    y: np.ndarray
    norm: Norm = Norm(2.0)

    def rise(self) -> float:
        """f(y) − f(x)."""
        values = self.f(np.stack([self.x, self.y]))
        return float(values[1] - values[0])

    def describe(self) -> str:
        """One line."""
        norm = "" if self.norm.p == 2 else f", l_{self.norm.p:g} norm"
        return f"{self.name} from {np.round(self.x, 4).tolist()} to {np.round(self.y, 4).tolist()}{norm}"

    def __repr__(self) -> str:
        return f"FunctionOnPair({self.describe()}, k = {self.k:.6g})"

    def _repr_html_(self) -> str:
        most = self.k * float(self.norm(self.y - self.x))
        rows = [
            ("function", self.name),
            ("pair", f"from {np.round(self.x, 4).tolist()} to {np.round(self.y, 4).tolist()}"),
            ("norm", "Euclidean" if self.norm.p == 2 else f"l_{self.norm.p:g}"),
            ("rise", f"f(y) − f(x) = {number(self.rise(), 8)}, k‖y − x‖ = {number(most, 8)}, k = {number(self.k)}"),
        ]
        return card("FunctionOnPair", facts(rows))

    def to_json(self) -> dict[str, Any]:
        """What can be written down of it; the function itself is known by its name."""
        return {
            "subject": "function-on-pair",
            "name": self.name,
            "k": self.k,
            "x": self.x.tolist(),
            "y": self.y.tolist(),
            "norm": self.norm.p,
        }
