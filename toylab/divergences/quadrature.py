"""Integrals over the plane or the line, with their error.

The integrands here are smooth between the edges of boxes and, on the line, between the points where p = q; space is
cut there first. Gaussian tails are followed until they are negligible, or found to diverge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import pairwise, product

import numpy as np
from scipy.integrate import cubature
from scipy.optimize import brentq

from toylab.distributions import Distribution
from toylab.divergences.densities import Piece, pieces
from toylab.errors import InputError

_EPS = float(np.finfo(np.float64).eps)
#: Tails are cut where they are below exp(−_NEGLIGIBLE), 12 standard deviations or further out.
_NEGLIGIBLE, _NEAREST = 70.0, 12.0
#: Where the line is cut around the centre of a Gaussian, in standard deviations.
_CUTS = (-6.0, -3.0, -1.0, 0.0, 1.0, 3.0, 6.0)

#: The share of the tolerance asked for to which integrals are computed.
_SHARPNESS: ContextVar[float] = ContextVar("sharpness", default=1.0)

Integrand = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, kw_only=True)
class Quadrature:
    """The value of an integral or a sum, with its error.

    Attributes:
        value: the value, ±inf where it diverges.
        error: for integrals the estimate of the cubature rule, for sums and closed forms a bound of the rounding.
        note: why the value is infinite, else empty.
    """

    value: float
    error: float
    note: str = ""

    def __float__(self) -> float:
        return self.value

    def root(self) -> Quadrature:
        """The square root of a value that is not negative."""
        value = float(np.sqrt(max(self.value, 0.0)))
        error = float(np.sqrt(self.value + self.error)) - value if np.isfinite(self.value) else 0.0
        return Quadrature(value=value, error=max(error, 0.0), note=self.note)


@contextmanager
def sharpened(factor: float) -> Iterator[None]:
    """Have every integral computed to this share of the tolerance that is asked for, to confirm what rests on it."""
    token = _SHARPNESS.set(_SHARPNESS.get() * factor)
    try:
        yield
    finally:
        _SHARPNESS.reset(token)


def integrate(
    integrand: Integrand,
    distributions: Iterable[Distribution],
    *,
    rtol: float = 1e-9,
    log_tail: Integrand | None = None,
    level: Integrand | None = None,
) -> Quadrature:
    """∫ integrand dz over everywhere that these distributions have mass.

    Args:
        integrand: points (m, d) -> values (m,); ±inf on a set of positive volume makes the integral infinite.
        distributions: the densities the integrand is made of, in one or two dimensions.
        rtol: relative (and absolute) tolerance of the rule; what is reached is in the result's error.
        log_tail: logarithm of a bound of the integrand in the tails, where that decays more slowly than the
            densities themselves.
        level: a function whose zeros are kinks of the integrand; on the line the integral is cut there.

    Raises:
        InputError: more than two dimensions.
    """
    rtol *= _SHARPNESS.get()
    regions = [piece for distribution in distributions for piece in pieces(distribution)]
    dimension = len(regions[0].centre)
    if dimension > 2:
        raise InputError(f"integrals are computed in one or two dimensions, and these densities have {dimension}.")
    reach = _reach(regions, log_tail)
    if not np.isfinite(reach):
        return Quadrature(value=np.inf, error=0.0, note="the integrand does not decay in the tails")
    poles: list[float] = []

    def finite(z: np.ndarray) -> np.ndarray:
        values = integrand(z)
        good = np.isfinite(values)
        poles.extend(values[~good][:1])
        return np.where(good, values, 0.0)

    total = error = 0.0
    cells = _cells(regions, reach, level)
    for low, high in cells:
        done = cubature(finite, low, high, rtol=rtol, atol=rtol / len(cells), max_subdivisions=500)  # type: ignore[arg-type]
        total += float(done.estimate)
        error += float(done.error) + 16.0 * _EPS * abs(float(done.estimate))
        if poles:
            return Quadrature(value=float(poles[0]), error=0.0, note="the integrand is infinite on a set with mass")
    return Quadrature(value=total, error=error)


def _ends(regions: Sequence[Piece], reach: float) -> tuple[np.ndarray, np.ndarray]:
    """The box that holds all pieces with this many widths of their tails."""
    margins = [piece.width * (1.0 if piece.bounded else reach) for piece in regions]
    low = np.min([piece.centre - margin for piece, margin in zip(regions, margins, strict=True)], axis=0)
    high = np.max([piece.centre + margin for piece, margin in zip(regions, margins, strict=True)], axis=0)
    return low, high


def _reach(regions: Sequence[Piece], log_tail: Integrand | None) -> float:
    """How many widths out the tails have to be followed; +inf where they do not decay.

    The tail of a quotient of Gaussian densities is the exponential of a quadratic function, whose sign far out
    decides; it is looked at along the axes and diagonals, up to 2^40 widths from the centre.
    """
    if log_tail is None or all(piece.bounded for piece in regions):
        return _NEAREST
    centre = np.mean([piece.centre for piece in regions], axis=0)
    rays = np.array([ray for ray in product((-1.0, 0.0, 1.0), repeat=len(centre)) if any(ray)])
    distances = _NEAREST * 2.0 ** np.arange(37)
    unit = np.max([piece.width for piece in regions], axis=0)
    heights = np.array([log_tail(centre + distance * unit * rays).max() for distance in distances])
    if not heights[-1] < heights[-2] - 1.0:
        return np.inf
    too_high = np.flatnonzero(heights > -_NEGLIGIBLE)
    return float(distances[too_high[-1] + 1]) if len(too_high) else _NEAREST


Cell = tuple[np.ndarray, np.ndarray]


def _cells(regions: Sequence[Piece], reach: float, level: Integrand | None) -> list[Cell]:
    """Boxes between the edges of the pieces, the smaller the narrower the Gaussians are that they meet."""
    low, high = _ends(regions, reach)
    if len(low) == 1:
        cuts = _cuts_on_the_line(regions, float(low[0]), float(high[0]))
        if level is not None:
            cuts = np.union1d(cuts, _zeros(level, cuts))
        return [(np.array([a]), np.array([b])) for a, b in pairwise(cuts)]
    edges = [
        np.unique([low[axis], high[axis], *(e[axis] for p in regions if p.bounded for e in _corners(p))])
        for axis in range(len(low))
    ]
    tails = [piece for piece in regions if not piece.bounded]
    waiting = [(*np.array(sides).T,) for sides in product(*(pairwise(cut) for cut in edges))]
    cells = []
    while waiting:
        start, end = waiting.pop()
        if not _too_wide(start, end, tails):
            cells.append((start, end))
            continue
        middle = 0.5 * (start + end)
        halves = product((False, True), repeat=len(start))
        waiting.extend((np.where(upper, middle, start), np.where(upper, end, middle)) for upper in halves)
    return cells


def _too_wide(start: np.ndarray, end: np.ndarray, tails: Sequence[Piece]) -> bool:
    """Whether a box meets the core of a Gaussian, 6 standard deviations around its centre, and is wider than 8."""
    return any(
        ((start < piece.centre + 6.0 * piece.width) & (piece.centre - 6.0 * piece.width < end)).all()
        and ((end - start) > 8.0 * piece.width).any()
        for piece in tails
    )


def _corners(piece: Piece) -> tuple[np.ndarray, np.ndarray]:
    return piece.centre - piece.width, piece.centre + piece.width


def _cuts_on_the_line(regions: Sequence[Piece], low: float, high: float) -> np.ndarray:
    cuts = [low, high]
    for piece in regions:
        steps = (-1.0, 1.0) if piece.bounded else _CUTS
        cuts += [float(piece.centre[0] + step * piece.width[0]) for step in steps]
    return np.unique(np.clip(cuts, low, high))


def _zeros(level: Integrand, cuts: np.ndarray) -> list[float]:
    """Where a function on the line changes its sign, found between 32 points of every interval."""
    grid = np.concatenate([np.linspace(a, b, 34)[1:-1] for a, b in pairwise(cuts)])
    height = level(grid[:, None])
    known = np.isfinite(height[:-1]) & np.isfinite(height[1:])
    changes = np.flatnonzero((np.sign(height[:-1]) * np.sign(height[1:]) < 0) & known)
    return [float(brentq(lambda t: float(level(np.array([[t]]))[0]), grid[i], grid[i + 1])) for i in changes]  # type: ignore[arg-type]
