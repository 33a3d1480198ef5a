"""Strategies of small pairs of measures: points on an integer grid, masses of small whole numbers.

A measure pair is drawn as a list of sites, places with fake and real mass, so that shrinking removes whole places
and shared points need no luck. Different points are at least 1 apart; equal distances, collinear triples, points
that are listed twice and points without mass all occur often.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from hypothesis import strategies as st

from toylab.claims.kinds import SupportKind
from toylab.measures import DiscreteMeasure

#: Coordinates reach this far from the origin.
REACH = 10
_MOST_MASS = 9
_DRAWN_COORDINATES = 3


class Extra(Enum):
    """How a site is listed besides with its masses."""

    NONE = "as it is"
    TWICE = "listed twice"
    EMPTY = "listed with mass 0 in the other measure"


class Side(Enum):
    """Whose mass a site carries."""

    FAKE = "fake"
    REAL = "real"
    SHARED = "shared"


@dataclass(frozen=True, kw_only=True)
class Site:
    """A place with mass.

    Attributes:
        cell: whole coordinates.
        side: whose mass it carries.
        fake: fake mass, used where the side has any.
        real: real mass, likewise.
        extra: how it is listed besides.
    """

    cell: tuple[int, ...]
    side: Side
    fake: int
    real: int
    extra: Extra


def cells(dimension: int) -> st.SearchStrategy[tuple[int, ...]]:
    """Whole coordinates; in the plane and beyond one time in three on the first axis, so that lines occur.

    Up to three coordinates are drawn and the last ones dropped, so that shrinking can lower the dimension.
    """
    drawn = max(dimension, _DRAWN_COORDINATES)
    free = st.tuples(*[st.integers(-REACH, REACH)] * drawn)
    on_axis = st.tuples(st.integers(-REACH, REACH)).map(lambda at: at + (0,) * (drawn - 1))
    return st.one_of(on_axis, free, free).map(lambda cell: cell[:dimension])


_SIDES = {
    SupportKind.DISJOINT: (Side.FAKE, Side.REAL),
    SupportKind.OVERLAPPING: (Side.SHARED, Side.FAKE, Side.REAL),
    SupportKind.SAME: (Side.SHARED,),
    SupportKind.EQUAL: (Side.SHARED,),
}


@st.composite
def sites(
    draw: st.DrawFn,
    kind: SupportKind,
    dimension: int,
    *,
    least: int = 1,
    most: int = 6,
    zero_weights: bool = True,
) -> list[Site]:
    """A list of sites whose supports meet in the given way; half of the lists have equal masses."""
    mass = st.just(1) if draw(st.sampled_from([True, False])) else st.integers(1, _MOST_MASS)
    extras = [Extra.NONE] * 6 + ([Extra.TWICE, Extra.EMPTY] if zero_weights else [Extra.TWICE])
    site = st.builds(
        Site,
        cell=cells(dimension),
        side=st.sampled_from(_SIDES[kind]),
        fake=mass,
        real=mass,
        extra=st.sampled_from(extras),
    )
    least = max(least, 1 if kind is SupportKind.EQUAL else 2)
    drawn = draw(st.lists(site, min_size=least, max_size=max(most, least), unique_by=lambda s: s.cell))
    return [_placed(kind, at, len(drawn), site) for at, site in enumerate(drawn)]


def _placed(kind: SupportKind, at: int, count: int, site: Site) -> Site:
    """The ends of the list make sure that both measures have mass, and that overlapping ones share some."""
    side, real = site.side, site.real
    if kind is SupportKind.DISJOINT and at in {0, count - 1}:
        side = Side.FAKE if at == 0 else Side.REAL
    if kind is SupportKind.OVERLAPPING and at == 0:
        side = Side.SHARED
    if kind is SupportKind.EQUAL:
        real = site.fake
    return Site(cell=site.cell, side=side, fake=site.fake, real=real, extra=site.extra)


def measure_pair(places: list[Site]) -> tuple[DiscreteMeasure, DiscreteMeasure]:
    """(fake, real) of the sites."""
    fake = [listed for site in places for listed in _listed(site, fake=True)]
    real = [listed for site in places for listed in _listed(site, fake=False)]
    return _measure(fake), _measure(real)


def _listed(site: Site, *, fake: bool) -> list[tuple[tuple[int, ...], int]]:
    """The entries of a site in one of the measures: (cell, mass)."""
    own = Side.FAKE if fake else Side.REAL
    if site.side not in {own, Side.SHARED}:
        return [(site.cell, 0)] if site.extra is Extra.EMPTY else []
    entry = (site.cell, site.fake if fake else site.real)
    return [entry, entry] if site.extra is Extra.TWICE else [entry]


def _measure(entries: list[tuple[tuple[int, ...], int]]) -> DiscreteMeasure:
    points, masses = zip(*entries, strict=True)
    return DiscreteMeasure(np.array(points, dtype=np.float64), np.array(masses, dtype=np.float64))


@st.composite
def single_measures(draw: st.DrawFn, dimension: int, least: int, most: int) -> DiscreteMeasure:
    """One measure: points may coincide, some may carry no mass."""
    row = st.tuples(cells(dimension), st.sampled_from([1, 2, 3, 4, 5, 0]))
    entries = draw(st.lists(row, min_size=least, max_size=most).filter(lambda rows: any(mass for _, mass in rows)))
    return _measure(entries)
