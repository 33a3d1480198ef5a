"""A function with the points it joins at full slope: a pair for LGAN Theorem 4, a chain of three for its Lemma 10."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from toylab.critics import Critic, LowerExtension, QuadraticForm
from toylab.errors import InputError, unknown_name
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
    _POINTS: ClassVar[tuple[str, ...]] = ("x", "y")

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
        return card(type(self).__name__, facts(rows))

    def to_json(self) -> dict[str, Any]:
        """What can be written down of it; a function that is no quadratic form or cone is known by its name."""
        formula = _formula(self.f)
        return {
            "subject": "function-on-pair",
            "name": self.name,
            "k": self.k,
            "x": self.x.tolist(),
            "y": self.y.tolist(),
            "norm": "inf" if np.isinf(self.norm.p) else self.norm.p,
            **({} if formula is None else {"function": formula}),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The subject of `to_json`, where that wrote down the function itself.

        Raises:
            InputError: the function is known by its name only, or the data do not fit.
        """
        if "function" not in data:
            raise InputError(f"the function {data.get('name')!r} is known by its name only, not written down.")
        try:
            points = {end: np.array(data[end], dtype=np.float64) for end in cls._POINTS}
            f = _from_formula(data["function"], len(points["x"]))
            if len({point.shape for point in points.values()}) > 1 or points["x"].ndim != 1:
                shapes = ", ".join(f"{end} {point.shape}" for end, point in points.items())
                raise InputError(f"the points must be of one space, got shapes {shapes}.")
            return cls(name=str(data["name"]), f=f, k=float(data["k"]), norm=Norm(float(data["norm"])), **points)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(
                f"a function in JSON is what {cls.__name__}.to_json() wrote; this does not fit ({error!r})."
            ) from None


@dataclass(frozen=True, kw_only=True, eq=False)
class FunctionOnChain(FunctionOnPair):
    """A function f with Lipschitz constant k and three points x, m, y, both steps of the chain being tight.

    Attributes:
        via: (d,), the point m between x and y in the order of the chain.
    """

    via: np.ndarray
    _POINTS: ClassVar[tuple[str, ...]] = ("x", "via", "y")

    def __post_init__(self) -> None:
        points = [np.asarray(point) for point in (self.x, self.via, self.y)]
        if any(point.ndim != 1 or point.shape != points[0].shape for point in points):
            raise InputError(f"a chain needs three points of one dimension, got {[p.shape for p in points]}.")
        if (points[0] == points[1]).all() or (points[1] == points[2]).all():
            raise InputError("the points of a chain must differ from one step to the next.")

    def rises(self) -> tuple[float, float]:
        """f(m) − f(x) and f(y) − f(m)."""
        values = self.f(np.stack([self.x, self.via, self.y]))
        return float(values[1] - values[0]), float(values[2] - values[1])

    def describe(self) -> str:
        """One line."""
        return f"{super().describe()}, via {np.round(self.via, 4).tolist()}"

    def __repr__(self) -> str:
        return f"FunctionOnChain({self.describe()}, k = {self.k:.6g})"

    def to_json(self) -> dict[str, Any]:
        """What can be written down of it; the function itself is known by its name."""
        return {**super().to_json(), "subject": "function-on-chain", "via": self.via.tolist()}


def _formula(f: Critic) -> dict[str, Any] | None:
    """A quadratic form or a lower extension as plain data, None for other functions."""
    match f:
        case QuadraticForm():
            return {"kind": "quadratic form", "linear": f.linear.tolist(), "matrix": f.matrix.tolist()}
        case LowerExtension():
            return {
                "kind": "cones",
                "centres": f.centres.tolist(),
                "values": f.values.tolist(),
                "k": f.lipschitz_constant,
            }
    return None


def _from_formula(data: Mapping[str, Any], dimension: int) -> Critic:
    match data.get("kind"):
        case "quadratic form":
            linear, matrix = (np.array(data[key], dtype=np.float64) for key in ("linear", "matrix"))
            if linear.shape != (dimension,) or matrix.shape != (dimension, dimension):
                raise InputError(f"a quadratic form on R^{dimension} has shapes ({dimension},) and ({dimension}²).")
            return QuadraticForm(linear, matrix)
        case "cones":
            centres, values = (np.array(data[key], dtype=np.float64) for key in ("centres", "values"))
            if centres.ndim != 2 or centres.shape[1] != dimension or values.shape != (len(centres),):
                raise InputError(f"cones on R^{dimension} have centres (N, {dimension}) and values (N,).")
            return LowerExtension(centres, values, float(data["k"]))
        case other:
            raise unknown_name("kind of function", other, ("quadratic form", "cones"))
