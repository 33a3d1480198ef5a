"""A convex loss given by a user's own functions."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from array_api_compat import array_namespace
from scipy import integrate
from typing_extensions import override

from toylab.errors import InputError, real_number
from toylab.losses.base import Array, Kink, Loss, SlopeRange
from toylab.losses.inversion import conjugate_by_inversion, zero_interval
from toylab.losses.probing import GRID, check_convex, find_kinks, find_slope_range
from toylab.losses.registry import is_registered
from toylab.losses.user_functions import NumpyFunction, array_function, derivative

_EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, kw_only=True)
class Custom(Loss):
    """A convex function φ of one critic value, from functions on NumPy arrays; made by `Custom.from_functions`.

    Attributes:
        name: what formulas and messages call it.
        value_of: φ.
        slope_of: φ', at a kink any slope between the two one-sided ones.
        curvature_of: φ'', or None: difference quotients of φ'.
        conjugate_of: φ*, or None: by inverting φ'.
        slopes: the range of φ'.
        corners: the kinks.
        is_strictly_convex: whether φ'' > 0 except at isolated points.
        analytic_within: see `Loss.analytic_radius`.
    """

    name: str
    value_of: NumpyFunction
    slope_of: NumpyFunction
    curvature_of: NumpyFunction | None
    conjugate_of: NumpyFunction | None
    slopes: SlopeRange
    corners: tuple[Kink, ...]
    is_strictly_convex: bool
    analytic_within: float

    @classmethod
    def from_functions(
        cls,
        name: str,
        *,
        value: Callable[..., Any],
        slope: Callable[..., Any] | None = None,
        curvature: Callable[..., Any] | None = None,
        conjugate: Callable[..., Any] | None = None,
        slope_range: SlopeRange | None = None,
        kinks: tuple[Kink, ...] | None = None,
        strictly_convex: bool | None = None,
        analytic_within: float = 0.0,
        argument: str = "slope",
    ) -> Custom:
        """The loss, after checking on |t| ≤ 1000 that the functions describe one convex function.

        The functions take and return float64 NumPy arrays of one shape (functions on torch tensors work too). They are
        trusted to be as accurate as sums of a few products: certificates charge 16 roundings of each value.

        Args:
            name: what messages call it.
            value: φ, convex and finite everywhere.
            slope: φ'; by torch's automatic differentiation of `value` when not given.
            curvature: φ''; it only steers the interior point. Difference quotients of φ' when not given.
            conjugate: φ*(u) for u in the closed range of slopes; by inverting φ' when not given.
            slope_range: infimum and supremum of φ' and whether they are attained. When not given: the slopes
                at ±1e150, infinite where they still grow there, attained where |t| = 20 already has that slope.
            kinks: where φ' jumps; found by bisection on |t| ≤ 1000 when not given.
            strictly_convex: when not given, whether the slopes of neighbours on |t| ≤ 10 all differ.
            analytic_within: φ is analytic within this distance of the real axis (1 at most is of use); with this
                promise certificates integrate slopes by Gauss's rule instead of bounding them step by step.
            argument: how the caller's own argument for the slope is called, for messages.

        Raises:
            InputError: a function that does not take arrays, is not finite, is not convex, or does not fit
                the others, with the place.
        """
        if not isinstance(name, str) or not name:
            raise InputError(f"a loss of your own needs a name, got {name!r}.")
        value_of = array_function(f"the value of {name!r}", value)
        what = f"the slope of {name!r}"
        slope_of = derivative(what, value, argument) if slope is None else array_function(what, slope)
        check_convex(repr(name), value_of, slope_of)
        loss = cls(
            name=name,
            value_of=value_of,
            slope_of=slope_of,
            curvature_of=None if curvature is None else array_function(f"the curvature of {name!r}", curvature),
            conjugate_of=None if conjugate is None else NumpyFunction(f"the conjugate of {name!r}", conjugate),
            slopes=find_slope_range(slope_of) if slope_range is None else slope_range,
            corners=find_kinks(slope_of) if kinks is None else tuple(kinks),
            is_strictly_convex=_rises(slope_of) if strictly_convex is None else strictly_convex,
            analytic_within=max(real_number(analytic_within, "analytic_within"), 0.0),
        )
        _check_extras(loss)
        return loss

    @property
    def strictly_convex(self) -> bool:  # type: ignore[override]
        """As the user said, or as the slopes show."""
        return self.is_strictly_convex

    @property
    def analytic_radius(self) -> float:  # type: ignore[override]
        """As the user promised; 0 with a kink."""
        return 0.0 if self.corners else self.analytic_within

    @property
    @override
    def kinks(self) -> tuple[Kink, ...]:
        return self.corners

    @property
    @override
    def smooth(self) -> Loss:
        return WithoutKinks(self) if self.corners else self

    @property
    @override
    def slope_range(self) -> SlopeRange:
        return self.slopes

    @override
    def value(self, t: Array) -> Array:
        return _differentiable()(t, self) if getattr(t, "requires_grad", False) else self.value_of(t)

    @override
    def slope(self, t: Array) -> Array:
        slope = self.slope_of(t)
        for kink in self.corners:
            here = t == kink.at
            if here.any():  # the smaller one-sided slope, whichever the user's function returns there
                left = float(self.slope_of(np.array([kink.at - 1e-9 * (1.0 + abs(kink.at))]))[0])
                slope = slope + here * (left - slope)
        return slope

    @override
    def curvature(self, t: Array) -> Array:
        if self.curvature_of is not None:
            return self.curvature_of(t)
        step = 1e-5 * (1.0 + abs(t))
        rise = self.smooth.slope(t + step) - self.smooth.slope(t - step)
        return (rise > 0) * rise / (2.0 * step)

    @override
    def slope_difference(self, t: Array, step: Array) -> Array:
        """The plain difference: its rounding is that of the slopes."""
        return self.slope(t + step) - self.slope(t)

    @override
    def conjugate(self, u: np.ndarray) -> np.ndarray:
        u = np.asarray(u, dtype=np.float64)
        interval = self.slopes
        if self.conjugate_of is None:
            ends = (interval.lower, interval.upper)
            return conjugate_by_inversion(self.value, self.slope, ends, self._conjugate_limit, u)
        inside = (u >= interval.lower) & (u <= interval.upper)
        return np.where(inside, self.conjugate_of(np.where(inside, u, self.slope(np.zeros(u.shape)))), np.inf)

    def _conjugate_limit(self, side: int) -> float:
        """φ* at an end of the range of slopes: from where the end is reached, else as a limit."""
        interval, sign = self.slopes, (-1.0, 1.0)[side]
        end = (interval.lower, interval.upper)[side]
        if not np.isfinite(end):
            return np.inf
        if (interval.lower_attained, interval.upper_attained)[side]:
            at = zero_interval(lambda t: self.slope(t) - end)[1 - side]  # where the flat stretch begins
            at = at if np.isfinite(at) else 0.0
            return float(end * at - self.value(np.array([at]))[0])
        if end == 0:  # φ* is −inf φ, which nothing has to be integrated for
            near, far = self.value(sign * np.array([1e100, 1e150]))
            return -float(far) if abs(near - far) <= 1e-14 * abs(far) else np.inf
        return -float(self.value(np.zeros(1))[0]) + self._area(sign, end)

    def _area(self, sign: float, end: float) -> float:
        """∫ |end − φ'| from 0 to ±∞ with its error on top; +∞ where it does not converge.

        Beyond the T where φ' rounds to its end nothing can be seen any more: of a tail that falls like 1/t² there are
        T · eps left.
        """

        def left(t: float) -> float:
            return abs(end - float(self.slope(np.array([sign * t]))[0]))

        with warnings.catch_warnings():
            warnings.simplefilter("error", integrate.IntegrationWarning)
            try:
                area, error = integrate.quad(left, 0.0, np.inf, limit=400, epsabs=1e-13, epsrel=1e-12)
            except integrate.IntegrationWarning:
                return np.inf
        rounded = zero_interval(lambda t: sign * (self.slope(sign * t) - end))[0]
        return float(area + error + 4.0 * _EPS * abs(end) * (1.0 + abs(rounded)))

    @override
    def formula(self, argument: str) -> str:
        return f"{self.name}({argument})"

    @override
    def to_json(self) -> dict[str, Any]:
        if not is_registered(self):
            raise InputError(
                f"the loss {self.name!r} is made of Python functions, which cannot be written to a file; "
                "toylab.losses.register(pair) lets it be written as its name, to be registered again before it is read."
            )
        return {"kind": "registered", "name": self.name}


@dataclass(frozen=True)
class WithoutKinks(Loss):
    """A custom loss less Σ jump · max(0, t − at) over its kinks."""

    loss: Custom
    analytic_radius = 0.0

    @property
    @override
    def slope_range(self) -> SlopeRange:
        total = sum(kink.jump for kink in self.loss.corners)
        slopes = self.loss.slopes
        return SlopeRange(
            lower=slopes.lower,
            upper=slopes.upper - total,
            lower_attained=slopes.lower_attained,
            upper_attained=slopes.upper_attained,
        )

    @override
    def value(self, t: Array) -> Array:
        ramps = [kink.jump * ((t - kink.at) * (t > kink.at)) for kink in self.loss.corners]
        return self.loss.value(t) - sum(ramps)

    @override
    def slope(self, t: Array) -> Array:
        slope = self.loss.slope(t)
        full_like = array_namespace(slope).full_like  # torch makes float32 of a number times a mask
        return slope - sum((t > kink.at) * full_like(slope, kink.jump) for kink in self.loss.corners)

    @override
    def curvature(self, t: Array) -> Array:
        return self.loss.curvature(t)

    @override
    def slope_difference(self, t: Array, step: Array) -> Array:
        return self.slope(t + step) - self.slope(t)

    @override
    def conjugate(self, u: np.ndarray) -> np.ndarray:
        raise NotImplementedError("the smooth part of a loss is only evaluated")

    @override
    def formula(self, argument: str) -> str:
        return f"{self.loss.formula(argument)} without its kinks"

    @override
    def to_json(self) -> dict[str, Any]:
        return self.loss.to_json()


@functools.cache
def _differentiable() -> Callable[[Any, Custom], Any]:
    """The value of a custom loss as a torch operation whose derivative is the custom slope."""
    import torch

    class Value(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, t: Any, loss: Custom) -> Any:
            ctx.derivative = loss.slope(t.detach())
            return loss.value_of(t)

        @staticmethod
        def backward(ctx: Any, *gradients: Any) -> Any:
            return gradients[0] * ctx.derivative, None

    return Value.apply


def _rises(slope: NumpyFunction) -> bool:
    return bool((np.diff(slope(GRID[np.abs(GRID) <= 10.0])) > 0).all())


def _check_extras(loss: Custom) -> None:
    """Check the optional functions against value and slope."""
    t = GRID[np.abs(GRID) <= 10.0]
    value, slope = loss.value(t), loss.slope(t)
    interval = loss.slopes
    outside = (slope < interval.lower) | (slope > interval.upper)
    if outside.any():
        at = int(np.argmax(outside))
        raise InputError(
            f"the slope of {loss.name!r} is {slope[at]:.6g} at t = {t[at]:.6g}, outside the slope_range "
            f"[{interval.lower:g}, {interval.upper:g}]."
        )
    if loss.conjugate_of is not None:
        miss = np.abs(value + loss.conjugate(slope) - slope * t)
        unsure = 1e-9 * (1.0 + np.abs(value) + np.abs(slope * t))
        if (miss > unsure).any():
            at = int(np.argmax(miss - unsure))
            raise InputError(
                f"the conjugate of {loss.name!r} does not fit: φ(t) + φ*(φ'(t)) − t φ'(t) is {miss[at]:.3g}, not 0, "
                f"at t = {t[at]:.6g}."
            )
    if loss.curvature_of is not None:
        _check_curvature(loss, t)
    _check_corners(loss)


def _check_corners(loss: Custom) -> None:
    known = {kink.at: kink.jump for kink in loss.corners}
    for kink in find_kinks(loss.slope_of):
        near = [at for at in known if abs(at - kink.at) <= 1e-9 * (1.0 + abs(at))]
        if not near or abs(known[near[0]] - kink.jump) > 1e-6 * kink.jump:
            raise InputError(
                f"the slope of {loss.name!r} jumps by {kink.jump:.6g} at t = {kink.at:.6g}, which its kinks do not "
                "say; leave them out to have them found."
            )


def _check_curvature(loss: Custom, t: np.ndarray) -> None:
    step = 1e-5 * (1.0 + np.abs(t))
    rise = loss.smooth.slope(t + step) - loss.smooth.slope(t - step)
    given = np.stack([loss.curvature(t - step), loss.curvature(t), loss.curvature(t + step)])
    unsure = 0.01 * step * given.max(axis=0) + 256 * _EPS * (1.0 + np.abs(loss.slope(t)))
    wrong = (given.min(axis=0) < 0) | (rise < 2 * step * given.min(axis=0) - unsure)
    wrong |= rise > 2 * step * given.max(axis=0) + unsure
    if wrong.any():
        at = int(np.argmax(wrong))
        raise InputError(
            f"the curvature of {loss.name!r} does not fit its slope: {given[1, at]:.6g} at t = {t[at]:.6g}, where "
            f"the slope rises by {rise[at] / (2 * step[at]):.6g} per unit."
        )
